"""One backward pass through the discriminator gives what two passes give."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganaug import GanConfig
from ganaug.model.gan import GAN
from ganaug.networks.layers import SpectralConv2D
from ganaug.objective.gradients import shared_backward
from ganaug.objective.losses import LOSSES
from groundwork.compute import gradient

SMALL = {"width": 4, "latent": 4, "batch": 8, "dropout": 0, "precision": "float32"}


def flat_gradients(config: GanConfig, *, independent_logits: bool) -> tuple[float, np.ndarray]:
    """Return the loss and all gradients of one step of a fresh GAN."""
    images: Any = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), np.uint8)
    gan = GAN(32, config, classes=2 if config.scope == "conditional" else 0)
    gan.compile_adam()
    gan.independent_logits = independent_logits
    gan.step.assign(config.steps)  # labels count in full
    for layer in gan.discriminator.layers:
        if isinstance(layer, SpectralConv2D):  # power iterations that have converged
            matrix = layer.kernel.numpy().reshape(-1, layer.filters)
            layer.singular.assign(np.linalg.svd(matrix)[2][0])
    if gan.classes:
        images = images, np.arange(8) % 2
    if gan.lecam is not None:
        gan.lecam.real.assign(0.2)
        gan.lecam.fake.assign(-0.3)
    with tf.GradientTape() as tape:
        loss = gan.compute_loss(x=images, y_pred=gan(images, training=True))
    gradients = tape.gradient(loss, [v.value for v in gan.trainable_variables])
    return float(loss), np.concatenate([np.ravel(g) for g in gradients])


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"lecam_weight": 0},
        {"loss": "hinge"},
        {"r1_weight": 0.1, "augment": ""},
        {"network": "residual"},
        {"scope": "conditional"},
        {"spectral_norm": True},
    ],
)
def test_one_pass_gives_the_gradients_of_two(options: dict[str, Any]) -> None:
    config = GanConfig(**SMALL | options)
    one, two = (flat_gradients(config, independent_logits=alone) for alone in (True, False))
    assert one[0] == pytest.approx(two[0], rel=1e-5)
    np.testing.assert_allclose(one[1], two[1], rtol=1e-3, atol=1e-5 * np.abs(two[1]).max())
    assert np.abs(one[1]).max() > 0


@pytest.mark.parametrize("options", [{"minibatch_stddev": True}, {}])
def test_images_that_are_compared_are_judged_twice(options: dict[str, Any]) -> None:
    assert GAN(32, GanConfig(**SMALL | options)).independent_logits is not bool(options)


def test_a_discriminator_at_rest_still_teaches_the_generator() -> None:
    real, fake = tf.constant([3.0, 2.0]), tf.constant([-5.0, -40.0])
    scale = tf.zeros(2)
    hinge = LOSSES["hinge"]
    with tf.GradientTape() as tape:
        tape.watch([real, fake, scale])
        loss = shared_backward(hinge.discriminator, hinge.generator, real, fake, scale)
    by_real, by_fake, factor = tape.gradient(loss, [real, fake, scale])
    assert float(loss) == pytest.approx(22.5)
    assert not by_real.numpy().any()
    assert np.abs(by_fake).max() < 1e-11, "no more than rounding"
    np.testing.assert_allclose(by_fake * factor, [-0.5, -0.5], rtol=1e-6)


def test_gradients_by_several_inputs() -> None:
    x, y = np.array([1.0, 2.0], np.float32), np.array([3.0, 5.0], np.float32)
    by_x, by_y = gradient(lambda a, b: keras.ops.sum(a * b), tf.constant(x), tf.constant(y))
    np.testing.assert_array_equal(by_x, y)
    np.testing.assert_array_equal(by_y, x)
