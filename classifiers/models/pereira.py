"""The two small CNNs of study P (Pereira, Mehra, Skachkou 2022)."""

from typing import Annotated, Literal

import keras
from keras import layers
from pydantic import Field

from classifiers.models.parts import (
    ActivationName,
    Initialiser,
    dropped,
    logits,
    normalise,
    torch_batch_norm,
    torch_conv,
    torch_dense,
)
from classifiers.registry import register_model


@register_model(family="pereira", source="P1, P11, P12", input_size=32, min_size=13)
def pereira_baseline(
    input_shape: tuple[int, int, int],
    classes: int,
    batch_norm: bool = False,
    middle_kernel: Literal[3, 5] = 3,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    activation: ActivationName = "relu",
    initialiser: Initialiser = "torch",
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
    dropout
        Share of the features dropped before the last layer while training.
    activation
        Of every hidden layer.
    initialiser
        Of the weights: see `classifiers.models.parts.initialisers`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = layers.Activation(activation)(torch_conv(normalise(inputs), 16, 3, initialiser))
    for filters, strides in ((16, 2), (32, 1)):
        x = torch_conv(x, filters, middle_kernel, initialiser, strides=strides)
        x = layers.Activation(activation)(torch_batch_norm(x) if batch_norm else x)
    x = layers.Activation(activation)(torch_conv(x, 32, 3, initialiser, strides=2))
    outputs = logits(dropped(layers.Flatten()(x), dropout), classes, torch=True)
    return keras.Model(inputs, outputs, name="pereira_baseline")


@register_model(family="pereira", source="P9, P10", input_size=32, min_size=10)
def pereira_small(
    input_shape: tuple[int, int, int],
    classes: int,
    filters: Annotated[int, Field(ge=1)] = 32,
    hidden: Annotated[int, Field(ge=1)] = 64,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    activation: ActivationName = "relu",
    initialiser: Initialiser = "xavier",
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
    dropout
        Share of the features dropped before the last layer while training.
    activation
        Of every hidden layer.
    initialiser
        Of the weights: see `classifiers.models.parts.initialisers`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = inputs
    for width in (filters, 2 * filters):
        x = torch_conv(x, width, 3, initialiser, activation=activation)
        x = layers.MaxPooling2D(2)(x)
    x = torch_dense(layers.Flatten()(x), hidden, initialiser, activation=activation)
    return keras.Model(inputs, logits(dropped(x, dropout), classes), name="pereira_small")
