"""The base network of study K (Ko, Guo)."""

from typing import Annotated

import keras
from keras import layers
from pydantic import Field

from classifiers.models.parts import (
    ActivationName,
    Initialiser,
    logits,
    normalise,
    torch_batch_norm,
    torch_conv,
)
from classifiers.registry import register_model


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
        Share of features dropped before the dense layer.
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
