"""Kernel (Inception) distance: unbiased at any number of images."""

import numpy as np
from numpy.typing import NDArray

from ganaug.quality.measures import register_measure
from ganaug.quality.values import Features, Value, feature_pair

Sums = NDArray[np.float64]


@register_measure({"kid": "KID"}, at_any_n=True)
def kid(real: Features, fake: Features) -> Value:
    """Return the squared maximum mean discrepancy under the kernel ``(x·y / D + 1)³``.

    The unbiased estimate over all images (Bińkowski et al., 2018), not an average over subsets:
    its expectation is 0 for two samples of one distribution at any ``n``, so it may come out
    negative and is never clipped.

    The standard error is the delete-one jackknife over both samples, in closed form. By Efron and
    Stein (1981) it never understates the variance on average; for two samples of the same
    distribution it overstates the error by up to a factor √2.

    Parameters
    ----------
    real, fake
        Features ``[N, D]`` and ``[M, D]``; at least 3 rows each.
    """
    real, fake = feature_pair(real, fake, least=3)
    within_real, within_fake = _sums_without_self(real), _sums_without_self(fake)
    across = _kernel(real, fake)
    to_fake, to_real = across.sum(axis=1), across.sum(axis=0)

    value = _mmd2(within_real.sum(), within_fake.sum(), across.sum(), len(real), len(fake))
    # Without image i its kernel values leave twice from "within" and once from "across".
    without_real = _mmd2(
        within_real.sum() - 2 * within_real,
        within_fake.sum(),
        across.sum() - to_fake,
        len(real) - 1,
        len(fake),
    )
    without_fake = _mmd2(
        within_real.sum(),
        within_fake.sum() - 2 * within_fake,
        across.sum() - to_real,
        len(real),
        len(fake) - 1,
    )
    variance = sum((len(v) - 1) * np.var(v) for v in (without_real, without_fake))
    return Value(float(value), float(np.sqrt(variance)))


def _kernel(x: Features, y: Features) -> Sums:
    kernel: Sums = (x @ y.T / x.shape[1] + 1) ** 3
    return kernel


def _sums_without_self(x: Features) -> Sums:
    kernel = _kernel(x, x)
    sums: Sums = kernel.sum(axis=1) - np.diagonal(kernel)
    return sums


def _mmd2(real: Sums, fake: Sums, across: Sums, n: int, m: int) -> Sums:
    """Return the unbiased estimate from the sums of the kernel over pairs."""
    return real / (n * (n - 1)) + fake / (m * (m - 1)) - 2 * across / (n * m)
