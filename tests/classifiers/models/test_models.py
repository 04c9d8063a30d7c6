import math
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from classifiers.errors import InputError
from classifiers.models import registry
from classifiers.models.fast import PartialIdentity, PatchWhitening, whiten
from classifiers.models.ghost import GhostBatchNormalization
from classifiers.models.registry import (
    build_model,
    list_models,
    load_model,
    model_info,
    register_model,
)

CLASSES = 3


@pytest.fixture(autouse=True)
def _seed():
    keras.utils.set_random_seed(0)


def test_min_sizes_are_enforced():
    for name in list_models():
        info = model_info(name)
        side = info.min_size - 1
        with pytest.raises(InputError, match=f"{info.min_size} pixels a side or more, got {side}"):
            build_model(name, (side, side, 3), CLASSES)
        assert info.input_size >= info.min_size


@pytest.mark.parametrize("name", ["pereira_baseline", "pereira_small", "custom_cnn", "ko_base"])
def test_unpadded_networks_need_their_min_size(name):
    side = model_info(name).min_size - 1
    with pytest.raises(ValueError, match="negative"):
        model_info(name).builder((side, side, 3), CLASSES)


def test_logits_stay_float32_under_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model("pereira_baseline", (16, 16, 3), CLASSES)
    finally:
        keras.config.set_dtype_policy(policy)
    assert model.layers[-1].compute_dtype == "float32"
    assert model.layers[-3].compute_dtype == "bfloat16"


def test_pereira_baseline_has_pytorch_default_weights():
    model = build_model("pereira_baseline", (32, 32, 3), 2)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            bound = np.prod(kernel.shape[:-1]) ** -0.5
            assert 0.95 * bound < np.abs(kernel).max() <= bound
            assert 0 < np.abs(bias).max() <= bound
            np.testing.assert_allclose(kernel.std(), bound / 3**0.5, rtol=0.1)


@pytest.mark.parametrize("name", ["pereira_baseline", "pereira_small", "custom_cnn", "ko_base"])
def test_activation_initialisation_and_dropout_by_name(name):
    side = model_info(name).min_size + 16
    kernels = {}
    for start in ("torch", "he", "he_uniform", "xavier"):
        model = build_model(
            name, (side, side, 3), 2, initialiser=start, activation="elu", dropout=0.25
        )
        convolution = next(one for one in model.layers if isinstance(one, keras.layers.Conv2D))
        kernels[start] = convolution.kernel.numpy()
        activations = {getattr(one, "activation", None) for one in model.layers}
        assert keras.activations.elu in activations
        assert keras.activations.relu not in activations
        drops = [one.rate for one in model.layers if isinstance(one, keras.layers.Dropout)]
        assert drops
        assert set(drops) == {0.25}
    height, width, channels, filters = kernels["he"].shape
    fan_in, fan_out = height * width * channels, height * width * filters
    assert kernels["torch"].std() == pytest.approx((1 / 3 / fan_in) ** 0.5, rel=0.15)
    assert kernels["he"].std() == pytest.approx((2 / fan_in) ** 0.5, rel=0.15)
    assert kernels["he_uniform"].std() == pytest.approx((2 / fan_in) ** 0.5, rel=0.15)
    assert np.abs(kernels["he_uniform"]).max() <= (6 / fan_in) ** 0.5 < np.abs(kernels["he"]).max()
    assert kernels["xavier"].std() == pytest.approx((2 / (fan_in + fan_out)) ** 0.5, rel=0.15)


def _trainable(name, side, classes, **params):
    with keras.StatelessScope():
        model = build_model(name, (side, side, 3), classes, **params)
        return sum(math.prod(variable.shape) for variable in model.trainable_variables)


@pytest.mark.parametrize(
    ("name", "side", "classes", "params", "parameters"),
    [
        # Hand count: 27*16+16, 144*16+16, 144*32+32, 288*32+32, then 5*5*32 inputs a class.
        ("pereira_baseline", 32, 2, {}, 448 + 2320 + 4640 + 9248 + 2 * 801),
        ("pereira_baseline", 32, 2, {"batch_norm": True}, 448 + 2320 + 4640 + 9248 + 1602 + 96),
        # 5x5 kernels: 400*16+16, 400*32+32, and 4*4*32 inputs a class.
        ("pereira_baseline", 32, 2, {"middle_kernel": 5}, 448 + 6416 + 12832 + 9248 + 2 * 513),
        # 27*24+24, 216*24+24, 216*48+48, 432*48+48, 48*5*5 inputs of 256 units, 10 classes.
        ("custom_cnn", 32, 10, {}, 672 + 5208 + 10416 + 20784 + 256 * 1201 + 10 * 257),
        # 75*64+64, 576*128+128, twice 1152*128+128, 3,200 inputs a class.
        ("ko_base", 112, 151, {}, 4864 + 73856 + 2 * 147584 + 151 * 3201),
        ("resnet18", 224, 1000, {}, 11_689_512),  # torchvision
        ("resnet34", 224, 1000, {}, 21_797_672),  # torchvision
        ("resnet9", 32, 10, {"whitening": False}, 6_573_130),  # Page's, as often reimplemented
    ],
)
def test_number_of_trained_parameters(name, side, classes, params, parameters):
    assert _trainable(name, side, classes, **params) == parameters


def test_wide_resnet_has_the_published_size():
    assert round(_trainable("wide_resnet16", 32, 10) / 1e6, 1) == 11.0
    assert round(_trainable("wide_resnet16", 32, 10, widen=1) / 1e6, 2) == 0.18


@pytest.mark.parametrize(
    ("stem", "side"), [("7x7_pool", 8), ("7x7", 16), ("3x3_pool", 15), ("3x3", 30)]
)
def test_resnet_stems(stem, side):
    with keras.StatelessScope():
        half = build_model("resnet18", (32, 32, 3), 10, stem=stem, width=32, activation="celu")
    first_sum = next(layer for layer in half.layers if isinstance(layer, keras.layers.Add))
    assert first_sum.output.shape == (None, side, side, 32)
    assert half.layers[-1].kernel.shape == (256, 10)


def test_the_tricks_of_a_resnet():
    with keras.StatelessScope():
        plain = build_model("resnet18", (32, 32, 3), 10, width=8)
        tricks = build_model(
            "resnet18", (32, 32, 3), 10,
            width=8, pool="max", ghost=4, frozen_scale=True, whitening=True,
        )  # fmt: skip
    norms = [
        next(one for one in model.layers if isinstance(one, keras.layers.BatchNormalization))
        for model in (plain, tricks)
    ]
    assert [norm.scale for norm in norms] == [True, False]
    assert [isinstance(norm, GhostBatchNormalization) for norm in norms] == [False, True]
    kinds = {type(layer) for layer in tricks.layers}
    assert keras.layers.GlobalMaxPooling2D in kinds
    assert keras.layers.GlobalAveragePooling2D not in kinds
    assert tricks.get_layer("whitening").output.shape == (None, 31, 31, 24)


def test_ghost_batch_norm_normalises_parts_of_the_batch():
    x = np.random.default_rng(0).normal(3, 2, (6, 5, 5, 2)).astype(np.float32)
    ghost = GhostBatchNormalization(3, momentum=0.9, epsilon=1e-5)
    parts = [keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5) for _ in range(2)]
    wanted = np.concatenate(
        [part(x[at : at + 3], training=True) for part, at in zip(parts, (0, 3), strict=True)]
    )
    np.testing.assert_allclose(ghost(x, training=True), wanted, atol=1e-5)
    for name in ("moving_mean", "moving_variance"):
        mean = np.mean([getattr(part, name).numpy() for part in parts], axis=0)
        np.testing.assert_allclose(getattr(ghost, name).numpy(), mean, rtol=1e-5)
    tested = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    tested.build(x.shape)
    tested.set_weights(ghost.get_weights())
    np.testing.assert_allclose(ghost(x), tested(x), atol=1e-6)


def test_the_last_part_of_ghost_batch_norm_takes_what_is_left_over():
    """The last batch of an epoch has any number of images, which nobody knows when it is built."""
    images = keras.Input((2, 2, 3))
    model = keras.Model(images, GhostBatchNormalization(4, epsilon=1e-5)(images))
    run = tf.function(lambda x: model(x, training=True))  # of batches of any size
    signature = run.get_concrete_function(tf.TensorSpec((None, 2, 2, 3), tf.float32))
    x = np.random.default_rng(1).normal(3, 2, (11, 2, 2, 3)).astype(np.float32)
    for size, parts in ((11, ((0, 4), (4, 11))), (8, ((0, 4), (4, 8))), (3, ((0, 3),))):
        found = signature(tf.constant(x[:size])).numpy()
        for start, end in parts:
            own = x[start:end]
            deviation = np.sqrt(own.var(axis=(0, 1, 2)) + 1e-5)
            wanted = (own - own.mean(axis=(0, 1, 2))) / deviation
            np.testing.assert_allclose(found[start:end], wanted, atol=1e-4)


def test_whitening_decorrelates_patches():
    rng = np.random.default_rng(0)
    smooth = rng.random((16, 6, 6, 3), np.float32).repeat(2, axis=1).repeat(2, axis=2)
    model = build_model("airbench", (12, 12, 3), CLASSES)
    whiten(model, smooth)
    layer = model.get_layer("whitening")
    white = np.asarray(keras.Model(model.input, layer.output)(smooth)).reshape(-1, 24)
    np.testing.assert_allclose(white[:, :12], -white[:, 12:], atol=1e-5)
    covariance = np.cov(white[:, :12], rowvar=False)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-3)
    # Only the variance that _EPSILON adds keeps the strong axes from exactly 1.
    assert 0.9 < np.diag(covariance).max() <= 1
    assert [v.path for v in layer.trainable_variables] == ["whitening/bias"]


def test_whitening_starts_with_the_pixels_and_is_kept(tmp_path):
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, PatchWhitening()(inputs))
    images = np.random.default_rng(0).random((3, 4, 4, 2), np.float32)
    patches = np.asarray(model(images))
    np.testing.assert_array_equal(patches[:, 1, 2, :8], images[:, 1:3, 2:4].reshape(3, 8))
    whiten(model, images)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images), model(images))


def test_whiten_leaves_other_models_alone():
    model = build_model("pereira_small", (12, 12, 3), CLASSES)
    before = model.get_weights()
    whiten(model, np.zeros((2, 12, 12, 3), np.float32))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_partial_identity_passes_its_input_on():
    conv = keras.layers.Conv2D(5, 3, padding="same", kernel_initializer=PartialIdentity())
    images = np.random.default_rng(0).random((2, 6, 6, 3), np.float32)
    passed = np.asarray(conv(images))
    np.testing.assert_allclose(passed[..., :3], images, rtol=1e-6)
    assert np.abs(passed[..., 3:] - images[..., :2]).max() > 0.1


def test_same_seed_gives_the_same_weights():
    first = build_model("pereira_baseline", (16, 16, 3), 2).get_weights()
    keras.utils.set_random_seed(0)
    second = build_model("pereira_baseline", (16, 16, 3), 2).get_weights()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "shape", "classes", "params", "message"),
    [
        ("pereira_bsaeline", (32, 32, 3), 2, {}, "did you mean pereira_baseline"),
        ("pereira_baseline", (32, 32, 3), 1, {}, "classes=1: .* at least 2"),
        ("pereira_baseline", (32, 32), 2, {}, r"\(H, W, C\)"),
        ("pereira_baseline", (32, 32, 3), 2, {"batchnorm": True}, "did you mean batch_norm"),
        ("pereira_baseline", (32, 32, 3), 2, {"batch_norm": 1}, "batch_norm=1: .* boolean"),
        ("pereira_baseline", (32, 32, 3), 2, {"middle_kernel": 4}, "middle_kernel=4: .* 3 or 5"),
        ("pereira_baseline", (13, 13, 3), 2, {"middle_kernel": 5}, "cannot be built for"),
        ("pereira_small", (32, 32, 3), 2, {"filters": 0}, "filters=0: .* equal to 1"),
        ("resnet18", (32, 32, 3), 2, {"stem": "5x5"}, "stem='5x5'"),
        ("resnet18", (32, 32, 3), 2, {"activation": "rellu"}, "rellu"),
    ],
)
def test_bad_input_is_one_line(name, shape, classes, params, message):
    with pytest.raises(InputError, match=message) as raised:
        build_model(name, shape, classes, **params)
    assert "\n" not in str(raised.value)


def test_files_that_are_no_classifier(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        load_model(tmp_path / "missing.keras")
    path = tmp_path / "model.keras"
    path.write_text("hello")
    with pytest.raises(InputError, match="it is no Keras model"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello", "hello")
    with pytest.raises(InputError, match=r"config\.json"):
        load_model(path)

    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: 2 * x)(inputs)).save(path)
    with pytest.raises(InputError, match="Lambda"):
        load_model(path)
    keras.Model(inputs, keras.layers.ReLU(name="scores")(inputs)).save(path)
    with pytest.raises(InputError, match="outputs are scores, not logits"):
        load_model(path)


def test_names_are_found_in_any_case_and_natural_order():
    assert model_info("Pereira_Baseline").name == "pereira_baseline"
    assert list_models("PEREIRA*") == ["pereira_baseline", "pereira_small"]


def test_a_name_is_registered_once():
    def pereira_baseline():
        pass

    with pytest.raises(ValueError, match="registered already"):
        register_model(family="x", source="x", input_size=1, min_size=1)(pereira_baseline)


def test_a_model_registered_after_the_first_listing_is_found(monkeypatch):
    assert list_models("late*") == []
    monkeypatch.setattr(registry, "_MODELS", dict(registry._MODELS))

    @register_model(family="mine", source="me", input_size=8, min_size=8)
    def late(input_shape: tuple[int, int, int], classes: int) -> keras.Model:
        """Build it."""
        inputs = keras.Input(input_shape)
        flat = keras.layers.Flatten()(inputs)
        return keras.Model(inputs, keras.layers.Dense(classes, name="logits")(flat))

    assert list_models("late*") == ["late"]
    assert model_info("Late").family == "mine"
    assert build_model("late", (8, 8, 3), 2).output_names == ["logits"]
