import numpy as np
import pytest

from ganaug.model.gan import GAN
from tests.ganaug.tiny import TINY


@pytest.mark.slow
def test_both_networks_learn_and_neither_loss_moves_the_other(images):
    gan = GAN(32, TINY.model_copy(update={"ema_half_life": 0}))
    gan.compile_adam(run_eagerly=True)
    before = [v.numpy() for v in gan.trainable_variables]
    gan.fit(images, batch_size=8, verbose=0)
    after = [v.numpy() for v in gan.trainable_variables]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
