"""Random numbers without state: the same seed, step and place give the same numbers anywhere."""

from pipelines.augment import lazy as tf
from pipelines.augment.types import Tensor

_PLACES = 256  # steps of one pipeline, and draws of one step
_SEEDS = 2**40


class Draws:
    """Random numbers of one augmentation at one step, drawn per image.

    Parameters
    ----------
    seed
        Seed of the pipeline.
    place
        Position of the augmentation in its pipeline, so that two equal ones draw differently.
    step
        Number of the batch, a scalar integer tensor.
    """

    def __init__(self, seed: int, place: int, step: Tensor) -> None:
        self.seed = seed
        self._key = (seed % _SEEDS * _PLACES + place) * _PLACES
        self._step = tf.cast(step, tf.int64)

    def uniform(
        self, shape: list[Tensor | int], low: Tensor | float = 0.0, high: Tensor | float = 1.0
    ) -> Tensor:
        """Return float32 numbers from ``low`` to below ``high``."""
        return low + (high - low) * tf.random.stateless_uniform(shape, self._seed(), alg="philox")

    def integers(self, shape: list[Tensor | int], low: Tensor | int, high: Tensor | int) -> Tensor:
        """Return int32 numbers from ``low`` to ``high``, both included."""
        span = tf.cast(high - low + 1, tf.float32)
        return low + tf.cast(tf.floor(self.uniform(shape, 0.0, span)), tf.int32)

    def chosen(self, shape: list[Tensor | int], p: float) -> Tensor:
        """Return 1.0 with probability ``p``, else 0.0."""
        return tf.cast(self.uniform(shape) < p, tf.float32)

    def beta(self, shape: list[Tensor | int], alpha: float) -> Tensor:
        """Return float32 numbers in 0..1 of the distribution Beta(alpha, alpha)."""
        if alpha == 1.0:
            return self.uniform(shape)  # the same distribution, and much cheaper
        first = tf.random.stateless_gamma(shape, self._seed(), alpha)
        second = tf.random.stateless_gamma(shape, self._seed(), alpha)
        # For a tiny alpha both may underflow to 0; then neither image is favoured.
        return tf.math.divide_no_nan(first, first + second)

    def dirichlet(self, shape: list[Tensor | int], alpha: float) -> Tensor:
        """Return float32 numbers that sum to 1 over the last axis."""
        parts = tf.random.stateless_gamma(shape, self._seed(), alpha) + 1e-12
        return parts / tf.reduce_sum(parts, -1, keepdims=True)

    def order(self, count: Tensor) -> Tensor:
        """Return a random permutation of 0..count-1."""
        return tf.argsort(self.uniform([count]))

    def _seed(self) -> Tensor:
        self._key += 1
        return tf.stack([tf.constant(self._key, tf.int64), self._step])
