"""An interval over instances and test images at once, from what each image was answered."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipelines.errors import InputError
from pipelines.statistics.paired import ALPHA

DRAWS = 2000
_BATCH = 100
"""Draws at a time: each weighs every test image."""


class Differences(NamedTuple):
    """Two arms on one instance, image by image.

    Attributes
    ----------
    images
        What tells the test images apart, in all instances alike.
    values
        Other minus reference for each image: 1 where only the other arm is right, -1 where only
        the reference is, else 0.
    """

    images: Sequence[Hashable]
    values: NDArray[np.float64]


def two_way_interval(
    instances: Sequence[Differences], *, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean difference of two arms.

    Instances are drawn with replacement, and, independently, test images: an image that several
    instances are tested on is drawn for all of them at once (the "pigeonhole" bootstrap of Owen,
    Annals of Applied Statistics 1, 2007). So it also covers which images one happened to test on,
    which a t test over instances with the same test images does not. No bootstrap of such a table
    is exact; this one is rather too wide than too narrow, but for few instances: a drawing of n
    instances varies by (n - 1)/n of what it should. One instance leaves the test images alone.

    Parameters
    ----------
    instances
        In any order, at least one.
    draws
        How often instances and images are drawn.
    seed
        The same gives the same interval.

    Raises
    ------
    InputError
        If there is no instance, or one without an image.

    Examples
    --------
    >>> one = Differences(["a", "b", "c", "d"], np.array([1.0, 0.0, 0.0, 0.0]))
    >>> two_way_interval([one])
    (0.0, 0.75)
    """
    if not instances or not all(len(one.images) for one in instances):
        raise InputError("a bootstrap needs at least one instance, each with test images")
    sums, counts = _tables(instances)
    rows, columns = sums.shape
    rng = np.random.default_rng(seed)
    means = []
    for start in range(0, draws, _BATCH):
        size = min(_BATCH, draws - start)
        of_images, of_instances = times_drawn(rng, columns, size), times_drawn(rng, rows, size)
        tested = counts @ of_images
        # An instance none of whose images was drawn says nothing in this draw.
        weights = of_instances * (tested > 0)
        differences = (sums @ of_images) / np.maximum(tested, 1)
        total = weights.sum(axis=0)
        drawn = (weights * differences).sum(axis=0) / np.maximum(total, 1)
        means.append(drawn[total > 0])
    low, high = np.quantile(np.concatenate(means), [ALPHA / 2, 1 - ALPHA / 2])
    return float(low), float(high)


def times_drawn(rng: np.random.Generator, count: int, draws: int) -> NDArray[np.float64]:
    """Return how often each of ``count`` things is drawn, by draw: ``[count, draws]``."""
    places = rng.integers(count, size=(count, draws), dtype=np.int32)
    places += count * np.arange(
        draws, dtype=np.int32
    )  # of each draw apart; faster than multinomial
    often = np.bincount(places.ravel(), minlength=count * draws)
    return np.ascontiguousarray(often.reshape(draws, count).T, np.float64)


def _tables(instances: Sequence[Differences]) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the sum of the differences and the number of tests by instance and image."""
    number: dict[Hashable, int] = {}
    columns = [number.setdefault(image, len(number)) for one in instances for image in one.images]
    rows = np.repeat(np.arange(len(instances)), [len(one.images) for one in instances])
    values = np.concatenate([one.values for one in instances])
    shape = (len(instances), len(number))
    place = (rows, np.array(columns))
    # An image that an instance holds twice counts twice: equal places are added.
    return (
        sparse.csr_array((values, place), shape=shape),
        sparse.csr_array((np.ones(len(values)), place), shape=shape),
    )
