import keras
import numpy as np
import pytest
from keras import layers

import ganaug
from ganaug import GanConfig, InputError
from ganaug.bank.scoring import scores
from ganaug.device import dtype_policy
from ganaug.model.gan import GAN
from ganaug.networks.projected import FeatureNetwork, build_heads
from ganaug.training.checkpoint import state_of
from ganaug.training.export import export_discriminator

TINY = GanConfig(
    steps=4, batch=8, width=4, latent=4, discriminator="projected", loss="hinge", grid_every=4
)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), np.uint8)


def backbone():
    """Two maps of random features, far from unit size, of images of 64 pixels in 0..1."""

    def convolve(x, filters, strides, seed):
        start = keras.initializers.RandomNormal(1.0, seed=seed)
        return layers.Conv2D(filters, 3, strides, "same", kernel_initializer=start)(x)

    image = keras.Input([64, 64, 3])
    fine = convolve(image, 6, 8, seed=1)
    return keras.Model(image, [fine, convolve(layers.ReLU()(fine), 10, 2, seed=2)])


def test_views_are_mixed_maps_of_unit_size_and_the_image(images):
    network = FeatureNetwork(32, backbone(), seed=0)
    network.calibrate(images)
    *maps, image = network(images / 127.5 - 1)
    assert [tuple(m.shape[1:3]) for m in maps] == [(8, 8), (4, 4)]
    np.testing.assert_allclose(image, images / 127.5 - 1, atol=1e-6)
    for view in maps:
        assert 0.5 < keras.ops.convert_to_numpy(view).std() < 2
    raw = [
        keras.ops.convert_to_numpy(m).std() for m in backbone()(images.repeat(2, 1).repeat(2, 2))
    ]
    assert min(raw) > 3, "the test's backbone needs no calibration"


def test_the_lens_is_calibrated_on_all_classes(images):
    dark, bright = np.zeros((300, 32, 32, 3), np.uint8), np.repeat(images, 30, axis=0)
    in_turn = np.stack([dark, bright], axis=1).reshape(-1, 32, 32, 3)
    found = []
    for order in (np.concatenate([dark, bright]), in_turn):
        network = FeatureNetwork(32, backbone(), seed=0)
        network.calibrate(order)
        found.append(network.scalers[0].moving_variance.numpy())
    np.testing.assert_allclose(*found, rtol=0.1)


@pytest.mark.slow
def test_only_heads_and_generator_learn(images):
    gan = GAN(32, TINY, backbone)
    gan.feature_network.calibrate(images)
    gan.compile_adam(run_eagerly=True)
    frozen = [v.numpy() for v in gan.feature_network.variables]
    learning = [v for v in gan.trainable_variables if len(v.shape) > 1]
    before = [v.numpy() for v in learning]
    gan.fit(images[:8], batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert all(
        np.array_equal(a, v.numpy())
        for a, v in zip(frozen, gan.feature_network.variables, strict=True)
    )
    assert not any(np.array_equal(a, v.numpy()) for a, v in zip(before, learning, strict=True))
    assert len(learning) < len(gan.variables)


def test_every_view_has_its_own_logits():
    network = FeatureNetwork(32, backbone(), seed=0)
    heads = build_heads(network, TINY, classes=2)
    assert [tuple(o.shape) for o in heads.outputs] == [(None, 16), (None, 16), (None, 1)]
    assert tuple(heads.inputs[-1].shape) == (None, 2)


@pytest.mark.slow
def test_training_through_a_backbone_and_checkpoints_without_it(images, tmp_path):
    ganaug.train(images, TINY, tmp_path, class_name="noise", backbone=backbone)
    generator = keras.saving.load_model(tmp_path / "generator.keras", safe_mode=True)
    assert generator.output_shape == (None, 32, 32, 3)
    gan = GAN(32, TINY, backbone)
    gan.compile_adam(run_eagerly=True)
    kept = {id(v) for v in state_of(gan)}
    assert not kept & {id(v) for v in gan.feature_network.variables}
    assert {id(v) for v in gan.trainable_variables} <= kept


@pytest.mark.slow
def test_a_saved_discriminator_judges_as_the_trained_one(images, tmp_path):
    gan = GAN(32, TINY, backbone)
    gan.feature_network.calibrate(images)
    views = gan.feature_network(images[:8] / np.float32(127.5) - 1)
    logits = [np.mean(part, axis=1) for part in gan.discriminator(views)]
    export_discriminator(gan).save(tmp_path / "discriminator.keras")
    discriminator = keras.saving.load_model(tmp_path / "discriminator.keras", safe_mode=True)
    np.testing.assert_allclose(
        scores(discriminator, images[:8], backbone), np.mean(logits, axis=0), rtol=1e-4, atol=1e-4
    )
    assert (
        discriminator.count_params()
        < gan.feature_network.count_params() + gan.discriminator.count_params()
    )
    with pytest.raises(InputError, match="received none"):
        scores(discriminator, images[:8])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device", "flags", "expected", "of_pixels"),
    [
        ("cpu:0", {"avx512f"}, "float32", "float32"),
        ("cpu:0", {"avx512f", "avx512_bf16"}, "float32", "bfloat16"),
        ("cpu:0", {"amx_bf16"}, "float32", "bfloat16"),
        ("gpu:0", set(), "bfloat16", "bfloat16"),
    ],
)
def test_half_precision_where_it_is_faster(device, flags, expected, of_pixels, images, monkeypatch):
    monkeypatch.setattr("ganaug.device.has_gpu", lambda: device == "gpu:0")
    monkeypatch.setattr("ganaug.device.cpu_flags", lambda: frozenset(flags))
    gan = GAN(32, TINY, backbone)
    assert gan.config.precision == "auto", "a training has one identity on every machine"
    assert keras.config.dtype_policy().name == "float32"
    gan.feature_network.calibrate(images)
    *maps, image = gan.feature_network(images / np.float32(127.5) - 1)
    assert {keras.backend.standardize_dtype(m.dtype) for m in maps} == {expected}
    np.testing.assert_allclose(image, images / 127.5 - 1, atol=1e-6)
    for network in (gan.generator, gan.discriminator):
        kernels = [layer for layer in network.layers if layer.weights]
        assert {layer.compute_dtype for layer in kernels[:-4]} == {expected}
        assert {layer.compute_dtype for layer in network.layers[-2:]} >= {"float32"}
    gan.compile_adam(run_eagerly=True)
    losses = gan.fit(images[:8], batch_size=8, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert {v.dtype for v in gan.trainable_variables} == {"float32"}
    plain = GAN(32, TINY.model_copy(update={"discriminator": "pixels"}))
    assert plain.discriminator.layers[1].compute_dtype == of_pixels
    assert (plain._discriminate is plain.discriminator) != (flags == {"avx512f", "avx512_bf16"})
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert (dtype_policy(plain.config) == "mixed_bfloat16") == (device == "gpu:0")


def test_a_missing_or_unfit_backbone_is_refused(images, tmp_path):
    with pytest.raises(InputError, match="pass backbone="):
        ganaug.train(images, TINY, tmp_path, class_name="noise")
    image = keras.Input([64, 64, 3])
    single = keras.Model(image, layers.GlobalAveragePooling2D()(image), name="pooled")
    with pytest.raises(InputError, match=r"'pooled' gives .* list of maps"):
        ganaug.train(images, TINY, tmp_path, class_name="noise", backbone=lambda: single)
