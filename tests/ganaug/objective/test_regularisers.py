import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from ganaug import GanConfig
from ganaug.model.gan import GAN
from ganaug.networks.layers import GROUP, MinibatchStddev, SpectralConv2D
from ganaug.objective.diffaugment import ADAPTATION_STEPS, DiffAugment
from ganaug.objective.losses import LOSSES
from ganaug.objective.regularisers import LECAM_DECAY, R1_EVERY, LeCam, lazy_r1


def number(tensor):
    return float(keras.ops.convert_to_numpy(tensor))


def test_losses_are_the_papers():
    real, fake = np.array([2.0, -1.0], np.float32), np.array([0.5, -3.0], np.float32)
    d, g = LOSSES["non_saturating"]
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    entropy = -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean()
    assert number(d(real, fake)) == pytest.approx(entropy, rel=1e-5)
    assert number(g(fake)) == pytest.approx(-np.log(sigmoid(fake)).mean(), rel=1e-5)
    d, g = LOSSES["hinge"]
    assert number(d(real, fake)) == pytest.approx((0 + 2) / 2 + (1.5 + 0) / 2)
    assert number(g(fake)) == pytest.approx(1.25)


def test_r1_is_half_the_squared_gradient_every_sixteenth_step():
    slope = np.random.default_rng(0).standard_normal((4, 4, 3)).astype(np.float32)

    def judge(x):
        return keras.ops.sum(x * slope, axis=(1, 2, 3))

    images = tf.zeros((5, 4, 4, 3))
    expected = 0.5 * R1_EVERY * (slope**2).sum()
    assert number(lazy_r1(judge, images, tf.constant(32))) == pytest.approx(expected, rel=1e-5)
    assert number(lazy_r1(judge, images, tf.constant(33))) == 0


@pytest.mark.slow
def test_r1_reaches_the_discriminators_weights():
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), np.uint8)
    kernels = []
    for r1 in (0.0, 100.0):
        gan = GAN(32, GanConfig(width=4, latent=4, batch=8, r1_weight=r1, dropout=0))
        gan.compile_adam(run_eagerly=True)
        gan.fit(images, batch_size=8, verbose=0)
        kernels.append(gan.discriminator.layers[1].kernel.numpy())
    assert not np.array_equal(*kernels)


def test_lecam_pulls_to_the_other_sides_anchor_and_moves_both():
    lecam = LeCam()
    lecam.real.assign(1.0)
    lecam.fake.assign(-2.0)
    logits = np.array([0.5, -4.0], np.float32), np.array([3.0, 0.0], np.float32)
    penalty = number(lecam(*logits))
    lecam.update(*logits)
    assert penalty == pytest.approx(2.5**2 / 2 + 1**2 / 2)
    assert number(lecam.real) == pytest.approx(LECAM_DECAY + (1 - LECAM_DECAY) * -1.75)
    assert number(lecam.fake) == pytest.approx(-2 * LECAM_DECAY + (1 - LECAM_DECAY) * 1.5)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["non_saturating", "hinge"])
def test_lecam_anchors_move_under_every_loss(loss):
    gan = GAN(32, GanConfig(width=4, latent=4, batch=8, lecam_weight=0.3, loss=loss))
    gan.compile_adam(run_eagerly=True)
    gan.fit(np.full((8, 32, 32, 3), 200, np.uint8), batch_size=8, verbose=0)
    assert number(gan.lecam.real) != 0
    assert number(gan.lecam.fake) != 0


def test_adaptive_augmentation_follows_the_sign_of_real_logits():
    augment = DiffAugment("color", seed=0, target=0.6)
    assert number(augment.probability) == 0
    for _ in range(3):
        augment.adapt(np.ones(10, np.float32))
    assert number(augment.probability) == pytest.approx(3 / ADAPTATION_STEPS)
    for _ in range(5):
        augment.adapt(np.array([1, 1, 1, -1], np.float32))
    assert number(augment.probability) == 0
    fixed = DiffAugment("color", seed=0)
    fixed.adapt(np.ones(10, np.float32))
    assert number(fixed.probability) == 1


@pytest.mark.slow
def test_spectral_convolution_has_norm_one_and_an_exact_gradient():
    layer = SpectralConv2D(6, 3, padding="same", seed=1, use_bias=False)
    images = np.random.default_rng(0).standard_normal((2, 8, 8, 4)).astype(np.float32)
    for _ in range(300):
        layer(images, training=True)
    kernel = layer.kernel.numpy()
    largest = np.linalg.svd(kernel.reshape(-1, 6))[1][0]
    expected = tf.nn.conv2d(images, kernel / largest, 1, "SAME").numpy()
    np.testing.assert_allclose(layer(images).numpy(), expected, atol=1e-3)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(images) ** 2)
    gradient = tape.gradient(loss, layer.kernel).numpy()
    # The output does not depend on the kernel's scale: no gradient along the kernel itself.
    assert abs((gradient * kernel).sum()) < 1e-3 * np.linalg.norm(gradient) * largest


def test_minibatch_spread_tells_repeated_images_from_different_ones():
    different = np.random.default_rng(0).standard_normal((GROUP, 4, 4, 2)).astype(np.float32)
    images = np.concatenate([np.repeat(different[:1], GROUP, axis=0), different])
    planes = MinibatchStddev()(images).numpy()[..., 2]
    assert planes[:GROUP].max() < 1e-3
    spread = different.std(axis=0).mean()
    np.testing.assert_allclose(planes[GROUP:], spread, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"network": "residual"},
        {"spectral_norm": True, "loss": "hinge"},
        {"minibatch_stddev": True, "lecam_weight": 0.3, "ada_target": 0.6},
        {
            "network": "residual",
            "precision": "mixed_bfloat16",
            "r1_weight": 0.1,
            "spectral_norm": True,
        },
    ],
)
def test_every_option_trains(options):
    config = GanConfig(width=4, latent=4, batch=8, **options)
    gan = GAN(32, config)
    gan.compile_adam(run_eagerly=True)
    kernels = [v for v in gan.trainable_variables if len(v.shape) > 1]
    before = [v.numpy() for v in kernels]
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), np.uint8)
    losses = gan.fit(images, batch_size=8, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    after = [v.numpy() for v in kernels]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"r1_weight": 1, "discriminator": "projected"}, "r1_weight needs discriminator='pixels'"),
        ({"minibatch_stddev": True, "batch": 50}, "needs a multiple of 4"),
        ({"patience": 500}, "patience=500 waits .* name the judge"),
        (
            {"discriminator": "projected", "judge": "efficientnet_lite1"},
            "judge='efficientnet_lite1' is the backbone .* choose another judge",
        ),
        ({"label_ramp": (0.5, 0.2)}, "two fractions in order"),
    ],
)
def test_options_that_exclude_each_other_are_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        GanConfig(**options)
