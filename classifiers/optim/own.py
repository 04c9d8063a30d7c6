"""Optimisers that Keras has not."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


class Lars(keras.optimizers.SGD):  # type: ignore[misc]
    """LARS: SGD whose steps are as long, against the weights, in every layer (You et al. 2017).

    A layer's learning rate is ``trust x |w| / (|g| + decay x |w|)`` of the common one, so that no
    layer of a large batch's gradient runs away. Biases and normalisation (one axis) take the common
    rate, as do weights or gradients that are all 0.

    Parameters
    ----------
    learning_rate, momentum, **kwargs
        As in SGD.
    weight_decay
        L2 added to the gradient.
    trust
        How long a step may be against its weights, at a learning rate of 1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.9,
        weight_decay: float | None = None,
        trust: float = 0.001,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, momentum=momentum, weight_decay=None, **kwargs)
        if not 0 < trust <= 1:
            raise ValueError(f"trust is {trust}; give a number above 0, up to 1")
        self.trust = trust
        self.penalty = weight_decay or 0.0

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Add the penalty, and scale the learning rate."""
        weight = ops.cast(variable, "float32")
        gradient = ops.cast(gradient, "float32")
        penalty = self.penalty if self._use_weight_decay(variable) else 0.0
        if len(variable.shape) > 1:
            size, slope = (ops.sqrt(ops.sum(ops.square(one))) for one in (weight, gradient))
            ratio = self.trust * size / ops.maximum(slope + penalty * size, 1e-30)
            usable = ops.logical_and(size > 0, slope > 0)
            learning_rate = learning_rate * ops.where(usable, ratio, ops.ones_like(ratio))
        super().update_step(gradient + penalty * weight, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the optimiser."""
        return {**super().get_config(), "weight_decay": self.penalty, "trust": self.trust}


class CycledSGD(keras.optimizers.SGD):  # type: ignore[misc]
    """SGD whose momentum is another one at each step (Smith 2018).

    Parameters
    ----------
    momenta
        Of each step; the last one holds on after the end. All are below 1.
    **kwargs
        As in SGD; its `momentum` is not read.
    """

    def __init__(self, *, momenta: NDArray[np.floating[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs | {"momentum": 0.9})  # above 0, or it would keep no velocity
        self.momenta = np.asarray(momenta, np.float32)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move along the velocity, as SGD does."""
        last = len(self.momenta) - 1
        step = ops.minimum(ops.cast(self.iterations, "int32"), last)
        momentum = ops.cast(ops.take(self.momenta, step), variable.dtype)
        push = ops.cast(learning_rate, variable.dtype) * ops.cast(gradient, variable.dtype)
        velocity = self.momentums[self._get_variable_index(variable)]
        self.assign(velocity, momentum * velocity - push)
        self.assign_add(variable, momentum * velocity - push if self.nesterov else velocity)
