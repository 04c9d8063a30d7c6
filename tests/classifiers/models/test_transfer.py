import math
import subprocess
import sys

import keras
import numpy as np
import pytest

from classifiers.errors import InputError
from classifiers.models.backbones.catalogue import backbone, backbones
from classifiers.models.registry import build_model
from classifiers.models.transfer import blocks, set_trainable, split, transfer_model

LITE = "efficientnet_lite0"
SIZE, CLASSES = 32, 3


@pytest.fixture(autouse=True)
def _seed():
    keras.utils.set_random_seed(0)


@pytest.fixture
def images():
    return np.random.default_rng(0).random((6, SIZE, SIZE, 3), np.float32)


@pytest.fixture
def labels():
    return np.eye(CLASSES, dtype=np.float32)[np.arange(6) % CLASSES]


def small(**params):
    return build_model("MobileNet", (SIZE, SIZE, 3), CLASSES, **params)


def pretrained(**params):
    """Build a network that carries gradients down to its first layer, unlike a random one."""
    return build_model(LITE, (SIZE, SIZE, 3), CLASSES, weights="imagenet", **params)


def step(model, images, labels, optimizer=None):
    """Take one training step and return how far each variable moved, by path."""
    before = {v.path: v.numpy() for v in model.variables}
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or keras.optimizers.SGD(1e-2), loss, run_eagerly=True)
    model.train_on_batch(images, labels)
    return {v.path: v.numpy() - before[v.path] for v in model.variables}


@pytest.mark.parametrize("name", [n for n in backbones() if n != n.lower()])
def test_preprocessing_is_the_one_of_keras_applications(name):
    images = np.random.default_rng(0).random((2, 4, 4, 3), np.float32)
    inputs = keras.Input((4, 4, 3))
    ours = keras.Model(inputs, backbone(name).preprocess(inputs))(images)
    module = sys.modules[getattr(keras.applications, name).__module__]
    np.testing.assert_allclose(ours, module.preprocess_input(255 * images), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["MobileNetV3Small", "EfficientNetB1", "EfficientNetV2B1", "VGG16"]
)
def test_native_size_is_the_one_of_keras_applications(name):
    with keras.StatelessScope():
        theirs = getattr(keras.applications, name)(weights=None)
    assert backbone(name).input_size == (theirs.input_shape[1] or 224)


@pytest.mark.slow
def test_model_resizes_and_takes_one_channel(images):
    grey = images[:, :20, :20, :1]
    model = build_model(LITE, (20, 20, 1), CLASSES, size=48)
    assert model.get_layer(LITE).input_shape == (None, 48, 48, 3)
    resized = np.asarray(keras.ops.image.resize(grey, (48, 48))).repeat(3, axis=-1)
    large = build_model(LITE, (48, 48, 3), CLASSES)
    large.set_weights(model.get_weights())
    np.testing.assert_allclose(model(grey), large(resized), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_plain_call_does_not_train(images):
    model = small(size=40)
    before = model.get_weights()
    model(images)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.slow
def test_head_with_hidden_layer():
    model = small(hidden=18, activation="sigmoid", batch_norm=True, dropout=0.1)
    head = [type(layer).__name__ for layer in model.layers[-6:]]
    assert head == [
        "GlobalAveragePooling2D",
        "Dropout",
        "Dense",
        "BatchNormalization",
        "Activation",
        "Dense",
    ]
    assert model.get_layer("hidden").units == 18
    assert model.get_layer("hidden_activation").activation is keras.activations.sigmoid
    bound = 1024**-0.5
    assert 0.95 * bound < np.abs(model.get_layer("hidden").kernel).max() <= bound


@pytest.mark.slow
def test_frozen_backbone_trains_the_head_only(images, labels):
    model = pretrained(frozen=True)
    moved = step(model, images, labels)
    changed = {path for path, by in moved.items() if np.any(by)}
    assert changed == {"logits/kernel", "logits/bias"}


@pytest.mark.slow
@pytest.mark.parametrize("update", [False, True])
def test_batch_statistics_move_only_when_asked(images, labels, update):
    moved = step(small(batch_statistics=update), images, labels)
    statistics = [np.any(by) for path, by in moved.items() if "moving_" in path]
    assert len(statistics) == 54  # MobileNet has 27 BatchNorm layers
    assert all(statistics) if update else not any(statistics)


@pytest.mark.slow
def test_given_weights_hold_the_statistics_by_default(images, labels):
    moved = step(pretrained(), images, labels, keras.optimizers.SGD(1e-4))
    assert not any(np.any(by) for path, by in moved.items() if "moving_" in path)
    assert np.any(moved["stem_conv/kernel"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [LITE, "MobileNet", "MobileNetV3Small", "ResNet50V2"])
def test_blocks_are_the_backbone_in_order(name):
    with keras.StatelessScope():
        model = build_model(name, (SIZE, SIZE, 3), CLASSES, size=96)
        grouped = blocks(model)
    assert len(grouped) == 5
    network = model.get_layer(backbone(name).network((96, 96, 3), None).name)
    assert [layer for block in grouped for layer in block] == network.layers
    sides = [block[0].output.shape[1] for block in grouped]
    assert sides[1:] == [24, 12, 6, 3]


@pytest.mark.slow
def test_blocks_of_two_networks_side_by_side_are_joined_by_level():
    with keras.StatelessScope():
        alone = blocks(build_model("efficientnet_lite0", (SIZE, SIZE, 3), CLASSES, size=96))
        both = blocks(build_model("efficientnet_lite01", (SIZE, SIZE, 3), CLASSES, size=96))
    assert len(both) == len(alone) == 5
    assert all(len(two) > 1.9 * len(one) for one, two in zip(alone, both, strict=True))


def test_blocks_of_a_network_without_backbone():
    model = build_model("pereira_baseline", (SIZE, SIZE, 3), CLASSES)
    assert [len(block) for block in blocks(model)] == [4, 4, 2]  # down to 30, 14 and 5 pixels
    assert model.get_layer("logits") not in blocks(model)[-1]


@pytest.mark.slow
def test_set_trainable_from_a_block(images, labels):
    model = pretrained()
    for start in (4, 2, 0):
        set_trainable(model, start)
        allowed = {"logits/kernel", "logits/bias"} | {
            v.path
            for block in blocks(model)[start:]
            for layer in block
            for v in layer.weights
            if "moving_" not in v.path
        }
        moved = step(model, images, labels)
        assert {path for path, by in moved.items() if np.any(by)} <= allowed
        assert {v.path for v in model.trainable_variables} == allowed
        assert np.any(moved["stem_conv/kernel"]) == (start == 0)


@pytest.mark.slow
def test_split_halves_share_the_layers(images):
    model = small()
    features, head = split(model)
    np.testing.assert_array_equal(head(features(images)), model(images))
    head.get_layer("logits").kernel.assign_add(np.ones((1024, CLASSES)))
    np.testing.assert_array_equal(head(features(images)), model(images))


@pytest.mark.slow
def test_weights_from_a_file(images, tmp_path):
    source = small()
    network = source.get_layer(backbone("MobileNet").network((SIZE, SIZE, 3), None).name)
    network.save_weights(tmp_path / "mobile.weights.h5")
    loaded = small(weights=str(tmp_path / "mobile.weights.h5"))
    np.testing.assert_array_equal(split(loaded)[0](images), split(source)[0](images))
    with pytest.raises(InputError, match="do not fit"):
        build_model("MobileNetV3Small", (32, 32, 3), 2, weights=str(tmp_path / "mobile.weights.h5"))


def test_the_hub_has_resnet18(images, labels, tmp_path, monkeypatch):
    hub = pytest.importorskip("keras_hub")
    model = build_model("hub_resnet18", (SIZE, SIZE, 3), CLASSES, size=64)
    with keras.StatelessScope():
        own = build_model("resnet18", (224, 224, 3), CLASSES)
    trained = [sum(math.prod(v.shape) for v in one.trainable_variables) for one in (model, own)]
    assert trained[0] == trained[1]
    assert len(blocks(model)) == 5
    assert any(np.any(by) for by in step(model, images, labels).values())
    model.save(tmp_path / "model.keras")
    code = "import sys; sys.modules['keras_hub'] = None; from classifiers import load_model; "
    code += f"load_model({str(tmp_path / 'model.keras')!r})"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

    def offline(*_, **__):
        raise Exception("no network")

    monkeypatch.setattr(hub.models.ResNetBackbone, "from_preset", offline)
    with pytest.raises(InputError, match="hub_resnet18 could not be downloaded"):
        build_model("hub_resnet18", (SIZE, SIZE, 3), CLASSES, weights="imagenet")


def test_download_that_fails(monkeypatch):
    def offline(**_):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "MobileNet", offline)
    with pytest.raises(InputError, match=r"could not be downloaded: .* efficientnet_lite0"):
        small(weights="imagenet")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: small(weights="imagenett"), "give 'imagenet' or an existing file"),
        (lambda: small(size=16), "32 pixels a side or more, got 16"),
        (lambda: small(activation="tanh"), "activation='tanh'"),
        (lambda: build_model("MobileNet", (32, 32, 2), 2), "1 or 3 channels, got 2"),
        (lambda: transfer_model("MobileNet1", (32, 32, 3), 2), "did you mean MobileNet"),
        (lambda: set_trainable(small(), 5), "from_block=5: .* 4 blocks"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
