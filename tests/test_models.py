import keras
import numpy as np
import pytest

from classifiers.errors import InputError
from classifiers.registry import build_model, list_models, model_info, register_model

CLASSES = 3


@pytest.fixture(autouse=True)
def _seed():
    keras.utils.set_random_seed(0)


def _smallest(name, batch=4):
    """Images of the smallest size a model takes, with one-hot labels."""
    size = model_info(name).min_size
    images = np.random.default_rng(0).random((batch, size, size, 3), np.float32)
    return images, np.eye(CLASSES, dtype=np.float32)[np.arange(batch) % CLASSES]


@pytest.mark.parametrize("name", list_models())
def test_every_model_trains_saves_and_loads(name, tmp_path):
    images, labels = _smallest(name)
    model = build_model(name, images.shape[1:], CLASSES)
    assert model.layers[-1].name == "logits"
    assert model.output_shape == (None, CLASSES)

    before = [variable.numpy() for variable in model.trainable_variables]
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), jit_compile=False)
    assert np.isfinite(model.train_on_batch(images, labels))
    changed = [
        not np.array_equal(old, new)
        for old, new in zip(before, model.trainable_variables, strict=True)
    ]
    assert any(changed)

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images), model(images))


@pytest.mark.parametrize("name", list_models())
def test_min_size_is_the_smallest(name):
    info = model_info(name)
    side = info.min_size - 1
    with pytest.raises(InputError, match=f"{info.min_size} pixels a side or more, got {side}"):
        build_model(name, (side, side, 3), CLASSES)
    assert info.input_size >= info.min_size


@pytest.mark.parametrize("name", ["pereira_baseline", "pereira_small"])
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


@pytest.mark.parametrize(
    ("params", "parameters"),
    [
        # Hand count: 27*16+16, 144*16+16, 144*32+32, 288*32+32, then 5*5*32 inputs a class.
        ({}, 448 + 2320 + 4640 + 9248 + 2 * 801),
        ({"batch_norm": True}, 448 + 2320 + 4640 + 9248 + 2 * 801 + 4 * (16 + 32)),
        # 5x5 kernels: 400*16+16, 400*32+32, and 4*4*32 inputs a class.
        ({"middle_kernel": 5}, 448 + 6416 + 12832 + 9248 + 2 * 513),
    ],
)
def test_pereira_baseline_parameters(params, parameters):
    assert build_model("pereira_baseline", (32, 32, 3), 2, **params).count_params() == parameters


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
    ],
)
def test_bad_input_is_one_line(name, shape, classes, params, message):
    with pytest.raises(InputError, match=message) as raised:
        build_model(name, shape, classes, **params)
    assert "\n" not in str(raised.value)


def test_names_are_found_in_any_case_and_natural_order():
    assert model_info("Pereira_Baseline").name == "pereira_baseline"
    assert list_models("PEREIRA*") == ["pereira_baseline", "pereira_small"]


def test_a_name_is_registered_once():
    def pereira_baseline():
        pass

    with pytest.raises(ValueError, match="registered already"):
        register_model(family="x", source="x", input_size=1, min_size=1)(pereira_baseline)
