"""A measured number and its standard error, and the checks on what it is measured from."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganaug.errors import InputError

Features = NDArray[np.floating]
"""Features of N images, ``[N, D]``."""


class Value(NamedTuple):
    """A measured number and how far it would move if the images were drawn again."""

    value: float
    standard_error: float


def fraction(hits: NDArray[np.bool_]) -> Value:
    """Return the fraction of true entries.

    The error is that of Agresti and Coull (1998), which adds two hits and two misses: 50 hits out
    of 50 still say little about the 51st, where the plain binomial formula would claim ±0.

    Examples
    --------
    >>> fraction(np.array([True] * 50)).standard_error.__round__(3)
    0.026
    """
    n = len(hits)
    shrunk = (np.count_nonzero(hits) + 2) / (n + 4)
    return Value(float(np.mean(hits)), float(np.sqrt(shrunk * (1 - shrunk) / (n + 4))))


def mean(values: NDArray[np.floating]) -> Value:
    """Return the mean of independent values with its standard error."""
    return Value(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values))))


def average(values: Iterable[Value]) -> Value:
    """Return the mean of measurements that share images, so that their errors do not cancel.

    The error is the mean one: never smaller than the truth, whatever the measurements share.
    """
    value, error = np.mean(np.asarray(list(values)), axis=0)
    return Value(float(value), float(error))


def feature_pair(real: Features, fake: Features, *, least: int) -> tuple[Features, Features]:
    """Return both arrays in float64 after checking that they can be compared.

    Parameters
    ----------
    real, fake
        ``[N, D]`` and ``[M, D]``.
    least
        Fewest rows that the measure makes sense for.

    Raises
    ------
    InputError
        Not two-dimensional, different widths, too few rows, or not finite.
    """
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise InputError(
            f"features of shapes {list(real.shape)} and {list(fake.shape)}; "
            "pass [N, D] and [M, D] from the same extractor"
        )
    if min(len(real), len(fake)) < least:
        raise InputError(
            f"{len(real)} real and {len(fake)} generated images; "
            f"this measure needs at least {least} of each"
        )
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        raise InputError("features with NaN or infinite values; check the images and the extractor")
    return real, fake
