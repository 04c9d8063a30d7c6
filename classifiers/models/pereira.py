"""The two small CNNs of study P (Pereira, Mehra, Skachkou 2022)."""

from typing import Annotated, Literal

import keras
from keras import layers
from pydantic import Field

from classifiers.models.parts import (
    logits,
    normalise,
    torch_batch_norm,
    torch_conv,
)
from classifiers.registry import register_model


@register_model(family="pereira", source="P1, P11, P12", input_size=32, min_size=13)
def pereira_baseline(
    input_shape: tuple[int, int, int],
    classes: int,
    batch_norm: bool = False,
    middle_kernel: Literal[3, 5] = 3,
) -> keras.Model:
    """Build the four-convolution baseline of study P's test bed.

    The study says "4 conv layers" and no more. Widths, strides and padding are those of the public
    test bed that its course hands out: 16, 16 stride 2, 32, 32 stride 2, valid padding, one dense
    layer, PyTorch's default initialisation.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    batch_norm
        BatchNorm after the two middle convolutions (P11).
    middle_kernel
        Kernel of the two middle convolutions: 5 is P11's modification.
    """
    inputs = keras.Input(input_shape, name="image")
    x = layers.ReLU()(torch_conv(normalise(inputs), 16, 3))
    for filters, strides in ((16, 2), (32, 1)):
        x = torch_conv(x, filters, middle_kernel, strides=strides)
        x = layers.ReLU()(torch_batch_norm(x) if batch_norm else x)
    x = layers.ReLU()(torch_conv(x, 32, 3, strides=2))
    outputs = logits(layers.Flatten()(x), classes, torch=True)
    return keras.Model(inputs, outputs, name="pereira_baseline")


@register_model(family="pereira", source="P9, P10", input_size=32, min_size=10)
def pereira_small(
    input_shape: tuple[int, int, int],
    classes: int,
    filters: Annotated[int, Field(ge=1)] = 32,
    hidden: Annotated[int, Field(ge=1)] = 64,
) -> keras.Model:
    """Build the two-convolution CNN on which study P tries synthetic images.

    The study shows 3x3 ReLU convolutions and 2x2 max-pooling in Keras; the printed figure does not
    give the widths. 32 and 64 filters and 64 hidden units are those of Keras's own CIFAR tutorial,
    with Keras's defaults for all else, and images of 0..1 with no further normalisation.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    filters
        Filters of the first convolution; the second has twice as many.
    hidden
        Units of the hidden dense layer.
    """
    inputs = keras.Input(input_shape, name="image")
    x = inputs
    for width in (filters, 2 * filters):
        x = layers.MaxPooling2D(2)(layers.Conv2D(width, 3, activation="relu")(x))
    x = layers.Dense(hidden, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, logits(x, classes), name="pereira_small")
