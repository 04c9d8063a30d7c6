import keras
import numpy as np
import pytest
from scipy.signal import correlate2d

from classifiers.errors import InputError
from classifiers.models.backbones.first_layer import with_first_kernel
from classifiers.models.backbones.torchvision import FILES, torchvision_network
from classifiers.models.registry import build_model, list_models

WIDTH = 2
RESNET, ALEXNET = "torchvision_resnet18", "torchvision_alexnet"
ALEXNET_PARTS = ((0, 1, 3, 11), (3, 3, 1, 5), (6, 6, 3, 3), (8, 4, 6, 3), (10, 4, 4, 3))
"""Number, channels out and in (by width), kernel."""


def made(*shape):
    """Return made weights that differ from place to place, float32."""
    rng = np.random.default_rng(list(shape))
    return (rng.normal(size=shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype("<f4")


def norm(name, channels):
    values = {"weight": 1 + made(channels, 1)[:, 0] / 4, "bias": made(channels, 2)[:, 0]}
    values |= {"running_mean": made(channels, 3)[:, 0]}
    values |= {"running_var": (0.5 + made(channels, 4)[:, 0] ** 2).astype("<f4")}
    steps = {f"{name}.num_batches_tracked": np.array(5, "<i8")}
    return {f"{name}.{part}": value for part, value in values.items()} | steps


def resnet_tensors():
    """Return the state of torchvision's ResNet-18, narrow, by the names of its modules."""
    tensors = {"conv1.weight": made(WIDTH, 3, 7, 7), **norm("bn1", WIDTH)}
    channels = WIDTH
    for stage in range(1, 5):
        for i in range(2):
            out, block = WIDTH * 2 ** (stage - 1), f"layer{stage}.{i}"
            tensors |= {f"{block}.conv1.weight": made(out, channels, 3, 3)}
            tensors |= norm(f"{block}.bn1", out)
            tensors |= {f"{block}.conv2.weight": made(out, out, 3, 3)} | norm(f"{block}.bn2", out)
            if channels != out:
                tensors |= {f"{block}.downsample.0.weight": made(out, channels, 1, 1)}
                tensors |= norm(f"{block}.downsample.1", out)
            channels = out
    return tensors | {"fc.weight": made(1000, channels), "fc.bias": made(1000, 1)[:, 0]}


def alexnet_tensors():
    tensors = {}
    for number, out, channels, kernel in ALEXNET_PARTS:
        channels = channels if number == 0 else WIDTH * channels
        tensors[f"features.{number}.weight"] = made(WIDTH * out, channels, kernel, kernel)
        tensors[f"features.{number}.bias"] = made(WIDTH * out, 1)[:, 0]
    units = 64 * WIDTH
    for number, out, channels in ((1, units, 4 * WIDTH * 36), (4, units, units), (6, 1000, units)):
        tensors[f"classifier.{number}.weight"] = made(out, channels)
        tensors[f"classifier.{number}.bias"] = made(out, 1)[:, 0]
    return tensors


def written(write, tensors, archive=True):
    """Write tensors as they lie in memory, each in a storage of its own."""
    windows = {}
    for name, values in tensors.items():
        values = np.ascontiguousarray(values) if values.ndim else values
        strides = tuple(step // values.itemsize for step in values.strides)
        windows[name] = (values.ravel(), 0, values.shape, strides)
    return write(windows, archive=archive)


def conv(x, weight, strides=1, padding=0):
    """PyTorch's convolution by its definition: x [C, H, W], weight [out, in, k, k]."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    found = [sum(correlate2d(a, b, "valid") for a, b in zip(x, one, strict=True)) for one in weight]
    return np.stack(found)[:, ::strides, ::strides]


def pooled(x, padding):
    """PyTorch's max-pooling of 3x3 with stride 2."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    return windows.max(axis=(3, 4))[:, ::2, ::2]


def resnet_by_hand(x, tensors):
    def normed(x, name):
        gamma, beta, mean, variance = (
            tensors[f"{name}.{part}"][:, None, None].astype(float)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta

    x = np.maximum(normed(conv(x, tensors["conv1.weight"], 2, 3), "bn1"), 0)
    x = pooled(x, 1)
    for stage in range(1, 5):
        for i in range(2):
            block, strides = f"layer{stage}.{i}", 2 if stage > 1 and i == 0 else 1
            inner = conv(x, tensors[f"{block}.conv1.weight"], strides, 1)
            inner = np.maximum(normed(inner, f"{block}.bn1"), 0)
            inner = normed(conv(inner, tensors[f"{block}.conv2.weight"], 1, 1), f"{block}.bn2")
            if f"{block}.downsample.0.weight" in tensors:
                x = conv(x, tensors[f"{block}.downsample.0.weight"], strides)
                x = normed(x, f"{block}.downsample.1")
            x = np.maximum(x + inner, 0)
    return x


def alexnet_by_hand(x, tensors):
    for number, strides, padding in ((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)):
        x = conv(x, tensors[f"features.{number}.weight"], strides, padding)
        x = np.maximum(x + tensors[f"features.{number}.bias"][:, None, None], 0)
        if number in (0, 3, 10):
            x = pooled(x, 0)
    x = x.ravel()
    for number in (1, 4):
        weight = tensors[f"classifier.{number}.weight"]
        x = np.maximum(weight @ x + tensors[f"classifier.{number}.bias"], 0)
    return x[:, None, None]


@pytest.mark.parametrize("archive", [False, True])
def test_resnet18_computes_what_its_file_describes(write_checkpoint, archive):
    tensors = resnet_tensors()
    path = written(write_checkpoint, tensors, archive)
    network = torchvision_network(RESNET, (64, 48, 3), path, width=WIDTH)
    image = np.random.default_rng(0).normal(size=(64, 48, 3)).astype(np.float32)
    found = np.asarray(network(image[None], training=False))[0]
    assert found.shape == (2, 2, 8 * WIDTH)
    expected = resnet_by_hand(image.transpose(2, 0, 1).astype(float), tensors)
    np.testing.assert_allclose(found.transpose(2, 0, 1), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_alexnet_computes_what_its_file_describes(write_checkpoint):
    tensors = alexnet_tensors()
    network = torchvision_network(
        ALEXNET, (224, 224, 3), written(write_checkpoint, tensors), width=WIDTH
    )
    image = np.random.default_rng(0).normal(size=(224, 224, 3)).astype(np.float32)
    found = np.asarray(network(image[None], training=False))[0]
    assert found.shape == (1, 1, 64 * WIDTH)
    expected = alexnet_by_hand(image.transpose(2, 0, 1).astype(float), tensors)
    np.testing.assert_allclose(found.transpose(2, 0, 1), expected, rtol=1e-3, atol=1e-4)


def test_parameters_are_as_many_as_torchvision_counts():
    """11,689,512 and 21,797,672 of the ResNets and 61,100,840 of AlexNet, less the last layer."""
    counted = {name: torchvision_network(name, (224, 224, 3)).count_params() for name in FILES}
    moving = {"torchvision_resnet18": 9_600, "torchvision_resnet34": 17_024, ALEXNET: 0}
    assert {name: count - moving[name] for name, count in counted.items()} == {
        "torchvision_resnet18": 11_689_512 - 513 * 1000,
        "torchvision_resnet34": 21_797_672 - 513 * 1000,
        ALEXNET: 61_100_840 - 4097 * 1000,
    }


def test_weights_of_another_network_or_of_none(write_checkpoint):
    tensors = resnet_tensors()
    path = written(write_checkpoint, tensors)
    with pytest.raises(InputError, match="are not those of torchvision_resnet34"):
        torchvision_network("torchvision_resnet34", (32, 32, 3), path, width=WIDTH)
    with pytest.raises(InputError, match="are not those of torchvision_resnet18"):
        torchvision_network(RESNET, (32, 32, 3), path)  # of another width
    deeper = {**tensors, "layer1.2.conv1.weight": made(WIDTH, WIDTH, 3, 3)}
    with pytest.raises(InputError, match="are not those of torchvision_resnet18"):
        torchvision_network(RESNET, (32, 32, 3), written(write_checkpoint, deeper), width=WIDTH)
    with pytest.raises(InputError, match=r"get resnet18-f37072fd\.pth from download"):
        build_model(RESNET, (32, 32, 3), 2, weights="imagenet")
    with pytest.raises(InputError, match="223 pixels a side or more"):
        build_model(ALEXNET, (64, 64, 3), 2)
    assert list_models("torchvision*") == [ALEXNET, RESNET, "torchvision_resnet34"]


def test_a_changed_first_kernel_keeps_the_rest():
    whole = torchvision_network(RESNET, (64, 64, 3), width=WIDTH)
    changed = with_first_kernel(whole, 3)
    assert changed.output_shape == whole.output_shape
    assert changed.get_layer("conv1").kernel.shape == (3, 3, 3, WIDTH)
    for mine, theirs in zip(whole.layers, changed.layers, strict=True):
        if mine.name != "conv1":
            for old, new in zip(mine.get_weights(), theirs.get_weights(), strict=True):
                np.testing.assert_array_equal(new, old)
    again = with_first_kernel(whole, 3).get_layer("conv1").kernel
    np.testing.assert_array_equal(again, changed.get_layer("conv1").kernel)
    dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(InputError, match="has no convolution"):
        with_first_kernel(dense, 3)
