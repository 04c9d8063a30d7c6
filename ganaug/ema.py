"""The averaged generator, which is the one that is sampled (Karras et al. 2020, "ADA")."""

from typing import Any

import keras
from keras import ops

RAMP = 0.05
"""The half-life is never more than this share of the steps so far: short runs need a short one."""


class EmaGenerator:
    """An exponential moving average of a generator's weights, updated inside the training step.

    Parameters
    ----------
    generator
        The network being trained.
    half_life
        Steps over which the average forgets half.

    Attributes
    ----------
    model
        The averaged network; it starts as a copy, and its variables are not trainable.
    """

    def __init__(self, generator: keras.Model, half_life: int) -> None:
        self.half_life = half_life
        self.model = keras.models.clone_model(generator)
        # clone_model draws new weights.
        self.model.set_weights(generator.get_weights())
        trainable = {id(v) for v in generator.trainable_variables}
        pairs = list(zip(self.model.variables, generator.variables, strict=True))
        self._averaged = [(mean, v) for mean, v in pairs if id(v) in trainable]
        # The statistics of batch normalisation are averages already.
        self._copied = [(mean, v) for mean, v in pairs if id(v) not in trainable]
        self.model.trainable = False

    def update(self, step: Any) -> None:
        """Move the average towards the generator; `step` counts the updates before this one."""
        half_life = ops.minimum(float(self.half_life), RAMP * ops.cast(step, "float32"))
        keep = ops.power(0.5, 1 / ops.maximum(half_life, 1e-8))
        for mean, v in self._averaged:
            value = ops.stop_gradient(ops.convert_to_tensor(v))
            mean.assign(value + keep * (mean - value))
        for mean, v in self._copied:
            mean.assign(v)
