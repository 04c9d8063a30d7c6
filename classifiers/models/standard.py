"""Standardised inputs: a first layer that brings images to zero mean and unit deviation."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from classifiers.models.parts import NORMALISE

LEAST_DEVIATION = 1 / 255
"""One grey level: images of one colour are not blown up beyond it."""


@keras.saving.register_keras_serializable(package="classifiers")
class Standardise(keras.layers.Layer):  # type: ignore[misc]
    """(x - mean) / deviation of each channel; `adapt` learns them, no training changes them.

    Unlike those of `keras.layers.Normalization`, mean and deviation are weights whenever the layer
    runs: one compiled network serves models of other images.
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make mean 0 and deviation 1."""
        shape = (int(input_shape[-1] or 0),)
        self.mean = self.add_weight(shape=shape, initializer="zeros", name="mean", trainable=False)
        self.deviation = self.add_weight(
            shape=shape, initializer="ones", name="deviation", trainable=False
        )

    def adapt(self, images: NDArray[np.floating[Any]]) -> None:
        """Learn mean and deviation of what the layer will receive, float [N, H, W, C]."""
        values = images.reshape(-1, images.shape[-1])
        self.mean.assign(values.mean(axis=0, dtype=np.float64))
        deviation = values.std(axis=0, dtype=np.float64)
        self.deviation.assign(np.maximum(deviation, LEAST_DEVIATION))

    def call(self, inputs: Any) -> Any:
        """Standardise."""
        return (inputs - self.mean) / self.deviation


def standardised(model: keras.Model, images: NDArray[np.floating[Any]]) -> keras.Model:
    """Return a model of the same weights that first standardises what it receives.

    The layer takes the place of the fixed normalisation of `classifiers.models.parts.normalise`
    where a model begins with one, or stands before everything.

    Parameters
    ----------
    model
        A functional or sequential model of images in 0..1, not compiled.
    images
        Whose mean and deviation: float, 0..1, [N, H, W, C].
    """
    inputs = keras.Input(model.input_shape[1:], name=model.inputs[0].name)
    # float32 under mixed precision too: bfloat16 has no digits left after the subtraction.
    layer = Standardise(dtype="float32", name="standardise")
    first = layer(inputs)
    layer.adapt(images)

    def call(own: Any, *args: Any, **kwargs: Any) -> Any:
        if own.name == NORMALISE:
            return first
        return own(*(first if one is inputs else one for one in args), **kwargs)

    functional = keras.Model(model.inputs[0], model.outputs[0], name=model.name)  # or sequential
    clone = keras.models.clone_model(functional, input_tensors=inputs, call_function=call)
    for own in model.layers:
        if own.variables:
            for mine, theirs in zip(
                own.variables, clone.get_layer(own.name).variables, strict=True
            ):
                theirs.assign(mine)
    return clone
