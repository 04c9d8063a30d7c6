"""Precision, recall, density and coverage: fidelity and variety of samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ganaug.quality.measures import register_measure
from ganaug.quality.values import Features, Value, feature_pair, fraction, mean


class Manifold(NamedTuple):
    """The four fractions and the number of neighbours that they were measured with."""

    precision: Value
    """Fraction of generated images inside some real image's ball (Kynkäänniemi et al., 2019)."""
    recall: Value
    """Fraction of real images inside the ball of some generated image."""
    density: Value
    """Mean number of real balls around a generated image, over k (Naeem et al., 2020)."""
    coverage: Value
    """Fraction of real images with a generated one in their ball."""
    k: int


@register_measure({name: name for name in ("precision", "recall", "density", "coverage")})
def prdc(real: Features, fake: Features, k: int = 5) -> Manifold:
    """Measure fidelity (precision, density) and variety (recall, coverage).

    The ball of an image reaches to its k-th nearest neighbour in its own sample. Recall and
    coverage grow with the number of generated images, so compare at equal numbers only. The errors
    are those of the mean over images with the balls taken as given.

    Parameters
    ----------
    real, fake
        Features ``[N, D]`` and ``[M, D]``; at least 2 rows each.
    k
        Neighbours; lowered to what the smaller sample has.
    """
    real, fake = feature_pair(real, fake, least=2)
    k = min(k, len(real) - 1, len(fake) - 1)
    distances = cdist(real, fake)
    real_radii, fake_radii = _radii(real, k), _radii(fake, k)
    in_real_ball = distances < real_radii[:, None]
    return Manifold(
        precision=fraction(in_real_ball.any(axis=0)),
        recall=fraction((distances < fake_radii).any(axis=1)),
        density=mean(in_real_ball.sum(axis=0) / k),
        coverage=fraction(in_real_ball.any(axis=1)),
        k=k,
    )


def _radii(sample: Features, k: int) -> NDArray[np.float64]:
    """Return each row's distance to its k-th nearest other row, ``[N]``."""
    distances = cdist(sample, sample)
    np.fill_diagonal(distances, np.inf)
    radii: NDArray[np.float64] = np.partition(distances, k - 1, axis=1)[:, k - 1]
    return radii
