"""The averaged generator, which is the one that is sampled (Karras et al. 2020, "ADA")."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ganaug.latent.sampling import BLOCK
from groundwork.compute import float32_copy

RAMP = 0.05
"""Largest half-life, as a fraction of the steps so far: short runs need a short one."""


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
        The averaged network, in float32; it starts as a copy, and its variables are not trainable.
    """

    def __init__(self, generator: keras.Model, half_life: int) -> None:
        self.half_life = half_life
        self.model = float32_copy(generator)
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

    def estimate_statistics(self, latents: np.ndarray) -> None:
        """Measure anew what batch normalisation divides by, for the averaged weights.

        Those of the generator belong to other weights, and leave the average's images pale.
        Averaged classifiers need the same (Izmailov et al. 2018, "Averaging Weights Leads to Wider
        Optima"). Whatever the statistics were before, the same weights get the same ones.

        Parameters
        ----------
        latents
            float32, the generator's inputs ``[N, ...]``; what fills no pass of 64 is left out.
        """
        layers = [
            layer
            for layer in self.model.layers
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        momenta = [layer.momentum for layer in layers]
        for layer in layers:
            layer.trainable = True  # a frozen one does not look at its inputs
        for i in range(len(latents) // BLOCK):
            for layer in layers:
                layer.momentum = i / (i + 1)  # the mean over the passes so far
            self.model(latents[i * BLOCK : (i + 1) * BLOCK], training=True)
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum, layer.trainable = momentum, False
