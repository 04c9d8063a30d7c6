"""Ghost batch normalisation (Hoffer et al. 2017): the statistics of parts of a large batch."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="classifiers")
class GhostBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """BatchNorm that normalises so many images at a time, as if that were the batch.

    Tested, it is BatchNorm: its moving statistics are means over the parts.

    Parameters
    ----------
    ghost
        Images of a part; the last one takes what is left over, as the last batch of an epoch has.
    **kwargs
        As in BatchNorm, whose channels come last.
    """

    def __init__(self, ghost: int = 32, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ghost = ghost

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise ``[B, ..., C]``."""
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        floats, batch = ops.cast(inputs, "float32"), ops.shape(inputs)[0]
        parts = batch // self.ghost
        # A number where the size is known: JAX makes no array of a size that it computes.
        parts = max(parts, 1) if isinstance(parts, int) else ops.maximum(parts, 1)
        of = ops.minimum(ops.arange(batch) // self.ghost, parts - 1)
        member = ops.cast(of[:, None] == ops.arange(parts)[None], "float32")  # [B, parts]
        share = member / ops.sum(member, axis=0)
        within = [*range(1, len(inputs.shape) - 1)]

        def of_parts(values: Any) -> Any:  # [B, ..., C] -> [parts, C]
            return ops.transpose(share) @ ops.mean(values, axis=within)

        def to_images(values: Any) -> Any:  # [parts, C] -> [B, 1.., C]
            return ops.reshape(member @ values, (-1, *[1] * len(within), inputs.shape[-1]))

        mean = of_parts(floats)
        centred = floats - to_images(mean)
        variance = of_parts(ops.square(centred))
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            over_parts = ops.mean(now, axis=0)
            moving.assign(moving * self.momentum + over_parts * (1 - self.momentum))
        normal = centred * ops.rsqrt(to_images(variance) + self.epsilon)
        if self.scale:
            normal = normal * self.gamma
        if self.center:
            normal = normal + self.beta
        return ops.cast(normal, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "ghost": self.ghost}
