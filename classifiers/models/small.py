"""The small CNNs of the studies.

Study P: Pereira, Mehra, Skachkou 2022. Study A: Andrzejczuk, Orsłowski 2023. Study K: Ko, Guo.
"""

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
from classifiers.models.registry import register_model


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
        Fraction of the features dropped before the last layer while training.
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
    filters: Annotated[int, Field(ge=1, le=1024)] = 32,
    hidden: Annotated[int, Field(ge=1, le=16_384)] = 64,
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
        Fraction of the features dropped before the last layer while training.
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


@register_model(family="small", source="A1, A3, A4", input_size=32, min_size=16)
def custom_cnn(
    input_shape: tuple[int, int, int],
    classes: int,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    activation: ActivationName = "relu",
    initialiser: Initialiser = "torch",
) -> keras.Model:
    """Build study A's CustomCNN: two pairs of convolutions and two dense layers.

    3x3 kernels without padding, as its 48 x 5 x 5 features from 32 pixels imply; PyTorch's default
    initialisation, the study's framework.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    dropout
        Fraction of units dropped after flattening and after the 256-unit layer.
    activation
        Of every hidden layer.
    initialiser
        Of the weights: see `classifiers.models.parts.initialisers`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = normalise(inputs)
    for filters in (24, 48):
        for _ in range(2):
            x = layers.Activation(activation)(torch_conv(x, filters, 3, initialiser))
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    x = layers.Activation(activation)(torch_dense(x, 256, initialiser))
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, logits(x, classes, torch=True), name="custom_cnn")


@register_model(family="small", source="K1, K2", input_size=112, min_size=48)
def ko_base(
    input_shape: tuple[int, int, int],
    classes: int,
    batch_norm: bool = False,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    activation: ActivationName = "relu",
    initialiser: Initialiser = "torch",
) -> keras.Model:
    """Build study K's base CNN: four convolutions, each with ReLU and 2x2 max-pooling.

    No padding, as its 3,200 features from 112 pixels imply. The study adds "3 batch norm levels"
    and "one dropout layer" without saying where: here after the first three convolutions, and
    before the dense layer.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    batch_norm
        BatchNorm after the first three convolutions.
    dropout
        Fraction of features dropped before the dense layer.
    activation
        Of every convolution.
    initialiser
        Of the weights: see `classifiers.models.parts.initialisers`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = normalise(inputs)
    for i, (filters, kernel) in enumerate(((64, 5), (128, 3), (128, 3), (128, 3))):
        x = torch_conv(x, filters, kernel, initialiser)
        if batch_norm and i < 3:
            x = torch_batch_norm(x)
        x = layers.MaxPooling2D(2)(layers.Activation(activation)(x))
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    return keras.Model(inputs, logits(x, classes, torch=True), name="ko_base")
