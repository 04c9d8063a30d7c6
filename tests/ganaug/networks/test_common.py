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


@pytest.mark.parametrize("shape", [(28, 28), (36, 36), (136, 136), (32, 40)])
def test_unfit_sizes_are_refused(shape):
    with pytest.raises(InputError, match="multiple of 8 from 32 to 128"):
        check_size(*shape)
