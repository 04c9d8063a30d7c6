"""ResNet-18 and -34 (He et al., 2016) with the stems of study M, and Wide ResNet-16."""

from typing import Annotated, Any, Literal, NamedTuple

import keras
from keras import layers
from pydantic import Field

from classifiers.models.fast import PatchWhitening
from classifiers.models.ghost import GhostBatchNormalization
from classifiers.models.parts import TORCH_NORM, he_conv, logits, normalise, torch_batch_norm
from classifiers.models.registry import register_model

Stem = Literal["7x7_pool", "7x7", "3x3_pool", "3x3"]
Pool = Literal["average", "max"]
Rate = Annotated[float, Field(ge=0, lt=1)]


class Norm(NamedTuple):
    """How a network's features are normalised."""

    ghost: int = 0
    scale: bool = True

    def apply(self, x: Any) -> Any:
        """Add the layer."""
        own = {} if self.scale else {"scale": False}
        if not self.ghost:
            return torch_batch_norm(x, **own)
        return GhostBatchNormalization(self.ghost, **TORCH_NORM, **own)(x)


WHOLE_BATCH = Norm()


@register_model(family="resnet", source="A1, M1-M6", input_size=224, min_size=8)
def resnet18(
    input_shape: tuple[int, int, int],
    classes: int,
    stem: Stem = "7x7_pool",
    width: Annotated[int, Field(ge=1, le=1024)] = 64,
    activation: str = "relu",
    dropout: Rate = 0.0,
    pool: Pool = "average",
    ghost: Annotated[int, Field(ge=0, le=65_536)] = 0,
    frozen_scale: bool = False,
    whitening: bool = False,
) -> keras.Model:
    """Build ResNet-18.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    stem
        First convolution, with or without max-pooling after it (M5): 7x7 with stride 2, or 3x3
        with stride 1 and no padding, which keeps more of a small image.
    width
        Channels of the first stage; each later stage doubles them. 32 is M5's "half channels".
    activation
        Name of a Keras activation (M2).
    dropout
        Fraction of features dropped before the last layer (M2).
    pool
        What becomes of the last stage's pixels: their mean, or the highest.
    ghost
        Images that are normalised together, the last ones with those left over; 0 for the whole
        batch.
    frozen_scale
        Leave the scale of every normalisation at 1.
    whitening
        Fixed whitening of 2x2 patches before the first convolution; see `fast.whiten`. This and the
        three above are tricks that study M's notes name.
    """
    norm = Norm(ghost, not frozen_scale)
    return _resnet(
        "resnet18", (2, 2, 2, 2), input_shape, classes, stem, width, activation, dropout,
        pool=pool, norm=norm, whitening=whitening,
    )  # fmt: skip


@register_model(family="resnet", source="K3", input_size=224, min_size=8)
def resnet34(
    input_shape: tuple[int, int, int],
    classes: int,
    stem: Stem = "7x7_pool",
    width: Annotated[int, Field(ge=1, le=1024)] = 64,
    activation: str = "relu",
    dropout: Rate = 0.0,
) -> keras.Model:
    """Build ResNet-34; its parameters are those of `resnet18`."""
    return _resnet("resnet34", (3, 4, 6, 3), input_shape, classes, stem, width, activation, dropout)


def _resnet(
    name: str,
    depths: tuple[int, ...],
    input_shape: tuple[int, int, int],
    classes: int,
    stem: Stem,
    width: int,
    activation: str,
    dropout: float,
    *,
    pool: Pool = "average",
    norm: Norm = WHOLE_BATCH,
    whitening: bool = False,
) -> keras.Model:
    inputs = keras.Input(input_shape, name="image")
    x = normalise(inputs)
    if whitening:
        x = layers.Activation(activation)(PatchWhitening(name="whitening")(x))
    if stem.startswith("7x7"):
        x = he_conv(x, width, 7, strides=2, padding="same")
    else:
        x = he_conv(x, width, 3)
    x = layers.Activation(activation)(norm.apply(x))
    if stem.endswith("pool"):
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            strides = 2 if stage > 0 and i == 0 else 1
            x = _basic_block(x, width * 2**stage, strides, activation, norm)
    ends = {"average": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}
    x = layers.Dropout(dropout)(ends[pool]()(x))
    return keras.Model(inputs, logits(x, classes, torch=True), name=name)


def _basic_block(x: Any, filters: int, strides: int, activation: str, norm: Norm) -> Any:
    """Two 3x3 convolutions and a shortcut, projected where the shape changes."""
    shortcut = x
    if strides > 1 or x.shape[-1] != filters:
        shortcut = norm.apply(he_conv(x, filters, 1, strides=strides))
    x = norm.apply(he_conv(x, filters, 3, strides=strides, padding="same"))
    x = layers.Activation(activation)(x)
    x = norm.apply(he_conv(x, filters, 3, padding="same"))
    return layers.Activation(activation)(layers.Add()([x, shortcut]))


@register_model(
    family="resnet", source="Zagoruyko & Komodakis 2016; DEIC", input_size=32, min_size=4
)
def wide_resnet16(
    input_shape: tuple[int, int, int],
    classes: int,
    widen: Annotated[int, Field(ge=1, le=32)] = 8,
    dropout: Rate = 0.0,
) -> keras.Model:
    """Build Wide ResNet-16-k: three groups of two pre-activation blocks.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    widen
        k: the groups have 16 k, 32 k and 64 k channels.
    dropout
        Fraction of units dropped between the two convolutions of a block.
    """
    inputs = keras.Input(input_shape, name="image")
    x = he_conv(normalise(inputs), 16, 3, padding="same")
    for group in range(3):
        for i in range(2):
            strides = 2 if group > 0 and i == 0 else 1
            x = _preactivation_block(x, 16 * widen * 2**group, strides, dropout)
    x = layers.ReLU()(torch_batch_norm(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, logits(x, classes, torch=True), name="wide_resnet16")


def _preactivation_block(x: Any, filters: int, strides: int, dropout: float) -> Any:
    """BatchNorm and ReLU before each convolution; a projected shortcut shares the first pair."""
    shortcut = x
    x = layers.ReLU()(torch_batch_norm(x))
    if strides > 1 or x.shape[-1] != filters:
        shortcut = he_conv(x, filters, 1, strides=strides)
    x = he_conv(x, filters, 3, strides=strides, padding="same")
    x = layers.Dropout(dropout)(layers.ReLU()(torch_batch_norm(x)))
    return layers.Add()([he_conv(x, filters, 3, padding="same"), shortcut])
