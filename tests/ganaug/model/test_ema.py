import numpy as np
import pytest

from ganaug.model.gan import GAN, RECALIBRATION_LATENTS
from tests.ganaug.tiny import TINY, same


@pytest.mark.slow
def test_average_starts_as_a_copy_and_lags(images):
    gan = GAN(32, TINY)
    gan.compile_adam(run_eagerly=True)
    assert same(gan.sampler.get_weights(), gan.generator.get_weights())
    gan.step.assign(1000)
    before = [v.numpy() for v in gan.generator.trainable_variables]
    gan.fit(images, batch_size=5, epochs=3, verbose=0)
    start, mean, now = before[0], gan.sampler.layers[1].kernel.numpy(), None
    now = gan.generator.layers[1].kernel.numpy()
    assert 0 < np.abs(mean - start).mean() < 0.5 * np.abs(now - start).mean()


@pytest.mark.slow
def test_average_is_normalised_by_its_own_statistics():
    gan = GAN(32, TINY)
    rng = np.random.default_rng(0)
    for v in gan.sampler.variables:
        v.assign(rng.standard_normal(v.shape) if v.ndim > 1 else v)
    before = gan.sampler.get_weights()
    gan.recalibrate_batch_norm()
    _, dense, _, norm, *_ = gan.sampler.layers
    latents = gan._latents(RECALIBRATION_LATENTS, [TINY.seed, 3])
    seen = dense(latents).numpy().reshape(-1, norm.moving_mean.shape[0])
    np.testing.assert_allclose(norm.moving_mean.numpy(), seen.mean(axis=0), atol=1e-3)
    # Each pass varies about its own mean, as a batch of the training does.
    np.testing.assert_allclose(norm.moving_variance.numpy(), seen.var(axis=0), rtol=0.02)
    settled = gan.sampler.get_weights()
    kernels = [[w for w in weights if w.ndim > 1] for weights in (before, settled)]
    assert same(*kernels)
    norm.moving_mean.assign(7 + norm.moving_mean)
    gan.recalibrate_batch_norm()
    assert same(gan.sampler.get_weights(), settled)
    assert not gan.sampler.trainable_variables
    assert {n.momentum for n in gan.sampler.layers if hasattr(n, "momentum")} == {0.9}
