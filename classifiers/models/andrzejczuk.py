"""The network of study A (Andrzejczuk, Orsłowski 2023)."""

from typing import Annotated

import keras
from keras import layers
from pydantic import Field

from classifiers.models.parts import (
    ActivationName,
    Initialiser,
    logits,
    normalise,
    torch_conv,
    torch_dense,
)
from classifiers.registry import register_model


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
        Share of units dropped after flattening and after the 256-unit layer.
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
