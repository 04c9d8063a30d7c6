"""Ghost batch normalisation (Hoffer et al. 2017): the statistics of parts of a large batch."""

from typing import Any

import keras
from keras import ops

from classifiers.errors import InputError


@keras.saving.register_keras_serializable(package="classifiers")
class GhostBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """BatchNorm that normalises so many images at a time, as if that were the batch.

    Tested, it is BatchNorm: its moving statistics are means over the parts.

    Parameters
    ----------
    ghost
        Images of a part; a batch that is no larger is a single part.
    **kwargs
        As in BatchNorm, whose channels come last.

    Raises
    ------
    InputError
        While it is trained, if a batch cannot be divided into parts of that many.
    """

    def __init__(self, ghost: int = 32, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ghost = ghost

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise ``[B, ..., C]``."""
        batch = inputs.shape[0]
        if not (training and self.trainable) or (batch is not None and batch <= self.ghost):
            return super().call(inputs, training=training, mask=mask)
        if batch is not None and batch % self.ghost:
            raise InputError(
                f"ghost={self.ghost} with batches of {batch} images: give a divisor of them"
            )
        floats = ops.cast(inputs, "float32")
        parts = ops.reshape(floats, (-1, self.ghost, *inputs.shape[1:]))
        mean, variance = ops.moments(parts, [*range(1, len(parts.shape) - 1)], keepdims=True)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            over_parts = ops.reshape(ops.mean(now, axis=0), (-1,))
            moving.assign(moving * self.momentum + over_parts * (1 - self.momentum))
        normal = (parts - mean) * ops.rsqrt(variance + self.epsilon)
        normal = ops.reshape(normal, ops.shape(inputs))
        if self.scale:
            normal = normal * self.gamma
        if self.center:
            normal = normal + self.beta
        return ops.cast(normal, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "ghost": self.ghost}
