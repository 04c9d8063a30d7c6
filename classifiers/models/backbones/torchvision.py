"""ResNet-18, ResNet-34 and AlexNet as torchvision has them, with the weights of its files.

Studies P, A and K transfer from these networks. Their ImageNet weights come in no Python package:
a file such as ``resnet18-f37072fd.pth`` or ``alexnet-owt-7be5be79.pth`` from
download.pytorch.org/models is given by its path, and read without PyTorch. Layers have the names of
torchvision's modules, and the padding and epsilon of PyTorch.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from classifiers.errors import InputError, unknown_name
from classifiers.models.backbones.torch_checkpoint import read_checkpoint
from classifiers.models.parts import torch_batch_norm, torch_defaults

Array = np.ndarray[Any, Any]

DEPTHS = {"torchvision_resnet18": (2, 2, 2, 2), "torchvision_resnet34": (3, 4, 6, 3)}
"""Blocks of each stage."""
ALEXNET = "torchvision_alexnet"
FILES = {
    "torchvision_resnet18": "resnet18-f37072fd.pth",
    "torchvision_resnet34": "resnet34-b627a593.pth",
    ALEXNET: "alexnet-owt-7be5be79.pth",
}
"""Which of the files at download.pytorch.org/models holds a network's ImageNet weights."""
_LAST = ("fc.", "classifier.6.")
"""Layers of the 1000 classes, which a new head takes the place of."""
_CONVOLUTIONS = (
    (0, 1, 11, 4, 2),
    (3, 3, 5, 1, 2),
    (6, 6, 3, 1, 1),
    (8, 4, 3, 1, 1),
    (10, 4, 3, 1, 1),
)
"""Of AlexNet: number, filters by `width`, kernel, stride, padding."""
_POOLED = (0, 3, 10)
"""Convolutions of AlexNet that a max-pooling follows."""


def torchvision_network(
    name: str,
    input_shape: tuple[int, int, int],
    weights: str | Path | None = None,
    *,
    width: int = 64,
) -> keras.Model:
    """Build a network without its last layer.

    Parameters
    ----------
    name
        A name of `FILES`.
    input_shape
        Height, width and the 3 channels of images standardised by ImageNet's colours.
    weights
        The path of a file of torchvision's; None: random, as torchvision draws them.
    width
        Channels of the first convolution, which all others are multiples of; files have 64.

    Returns
    -------
    keras.Model
        Of a ResNet, a feature map [B, H / 32, W / 32, 512]; of AlexNet its 4096 hidden units at
        each place of the map, [B, 1, 1, 4096] at 224 pixels.

    Raises
    ------
    InputError
        If there is no such network, or the file is none of its weights.
    """
    if name not in FILES:
        raise unknown_name("network of torchvision", name, FILES)
    if weights == "imagenet":
        raise InputError(
            f"the ImageNet weights of {name} come as a file: get {FILES[name]} from "
            "download.pytorch.org/models and give its path as weights, or use efficientnet_lite0"
        )
    inputs = keras.Input(input_shape)
    x = _alexnet(inputs, width) if name == ALEXNET else _resnet(inputs, DEPTHS[name], width)
    model = keras.Model(inputs, x, name=name)
    if weights is not None:
        _assign(model, Path(weights))
    return model


def _resnet(x: Any, depths: tuple[int, ...], width: int) -> Any:
    x = layers.ReLU()(torch_batch_norm(_conv(x, width, 7, "conv1", strides=2), name="bn1"))
    # Zeros around what a ReLU made: as PyTorch's padding, which no maximum is.
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, depth in enumerate(depths):
        for i in range(depth):
            strides = 2 if stage > 0 and i == 0 else 1
            x = _block(x, width * 2**stage, strides, f"layer{stage + 1}.{i}")
    return x


def _block(x: Any, filters: int, strides: int, name: str) -> Any:
    """Two 3x3 convolutions and a shortcut, projected where the shape changes."""
    shortcut = x
    if strides > 1 or x.shape[-1] != filters:
        shortcut = _conv(x, filters, 1, f"{name}.downsample.0", strides=strides)
        shortcut = torch_batch_norm(shortcut, name=f"{name}.downsample.1")
    x = _conv(x, filters, 3, f"{name}.conv1", strides=strides)
    x = layers.ReLU()(torch_batch_norm(x, name=f"{name}.bn1"))
    x = torch_batch_norm(_conv(x, filters, 3, f"{name}.conv2"), name=f"{name}.bn2")
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _conv(x: Any, filters: int, kernel: int, name: str, strides: int = 1) -> Any:
    """Convolve as PyTorch does: it pads all sides alike, also where the stride is 2."""
    if kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}.padding")(x)
    draw = keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")
    return layers.Conv2D(
        filters, kernel, strides, use_bias=False, kernel_initializer=draw, name=name
    )(x)


def _alexnet(x: Any, width: int) -> Any:
    for number, times, kernel, strides, padding in _CONVOLUTIONS:
        name = f"features.{number}"
        x = layers.ZeroPadding2D(padding, name=f"{name}.padding")(x)
        x = _biased(x, width * times, kernel, name, strides)
        if number in _POOLED:
            x = layers.MaxPooling2D(3, strides=2)(x)
    # Dense layers as convolutions, which leave a map: the head's pooling then changes nothing.
    x = _biased(layers.Dropout(0.5)(x), width * 64, 6, "classifier.1")
    return _biased(layers.Dropout(0.5)(x), width * 64, 1, "classifier.4")


def _biased(x: Any, filters: int, kernel: int, name: str, strides: int = 1) -> Any:
    """Convolution with bias, and ReLU."""
    start = torch_defaults(kernel * kernel * x.shape[-1])
    return layers.ReLU()(layers.Conv2D(filters, kernel, strides, name=name, **start)(x))


def _assign(model: keras.Model, path: Path) -> None:
    """Give every layer the tensors of the module of its name."""
    tensors = read_checkpoint(path)
    unlike = InputError(f"the weights in {path} are not those of {model.name}")
    for layer in model.layers:
        if not layer.weights:
            continue
        parts = ["weight", "bias"] if getattr(layer, "use_bias", True) else ["weight"]
        if isinstance(layer, layers.BatchNormalization):
            parts += ["running_mean", "running_var"]
        try:
            values = [tensors.pop(f"{layer.name}.{part}") for part in parts]
            layer.set_weights([_to_keras(values[0], layer), *values[1:]])
        except (KeyError, ValueError) as error:  # missing, or of another shape
            raise unlike from error
    left = [name for name in tensors if not name.endswith("num_batches_tracked")]
    if not all(name.startswith(_LAST) for name in left):
        raise unlike


def _to_keras(weight: Array, layer: keras.layers.Layer) -> Array:
    """Reorder PyTorch's (out, in, h, w), or a dense layer's (out, in h w), to (h, w, in, out)."""
    if not isinstance(layer, layers.Conv2D):
        return weight
    height, width, channels, filters = layer.kernel.shape
    return weight.reshape(filters, channels, height, width).transpose(2, 3, 1, 0)
