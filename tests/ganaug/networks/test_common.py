import keras
import pytest

from ganaug import GanConfig, InputError
from ganaug.model.gan import GAN
from ganaug.networks.common import check_size, stage_channels


@pytest.mark.parametrize("size", range(32, 129, 8))
def test_networks_fit_every_size(size):
    config = GanConfig(width=4, latent=4)
    assert 4 <= size >> len(stage_channels(size, 4)) < 16
    gan = GAN(size, config)
    assert gan.generator.output_shape == (None, size, size, 3)
    assert gan.discriminator.output_shape == (None, 1)


def test_the_networks_of_the_tutorial_have_its_layers():
    """Brownlee 2019 prints 1,466,115 and 522,497 parameters, and these layers, for 32 pixels."""
    gan = GAN(32, GanConfig(network="tutorial"))
    assert gan.generator.count_params() == 1_466_115
    assert gan.discriminator.count_params() == 522_497
    made = [one for one in gan.generator.layers if isinstance(one, keras.layers.Conv2DTranspose)]
    assert [(one.filters, one.kernel_size, one.strides) for one in made] == [
        (128, (4, 4), (2, 2))
    ] * 3
    seen = [one for one in gan.discriminator.layers if isinstance(one, keras.layers.Conv2D)]
    assert [one.filters for one in seen[:4]] == [64, 128, 128, 256]
    assert {one.kernel_size for one in seen[:4]} == {(3, 3)}
    kinds = {type(one).__name__ for one in (*gan.generator.layers, *gan.discriminator.layers)}
    assert "BatchNormalization" not in kinds
    wide = GAN(48, GanConfig(network="tutorial", width=4, latent=4))
    assert wide.generator.output_shape == (None, 48, 48, 3)
    assert wide.discriminator.output_shape == (None, 1)


@pytest.mark.parametrize("shape", [(28, 28), (36, 36), (136, 136), (32, 40)])
def test_unfit_sizes_are_refused(shape):
    with pytest.raises(InputError, match="multiple of 8 from 32 to 128"):
        check_size(*shape)
