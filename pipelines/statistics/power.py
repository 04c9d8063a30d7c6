"""What a comparison could have found, and what it would take to settle what it left open."""

import math

import numpy as np
import scipy  # loads scipy.stats when it is needed: `ganaug --help` need not wait for it

from pipelines.statistics.paired import ALPHA, Paired, variance_factor
from pipelines.statistics.verdicts import conclusion, enough_instances, points

POWER = 0.8
"""How often a difference is found that counts as one that can be found."""
USUAL_SPREAD = 0.016
"""Standard deviation of paired differences in accuracy, where none was measured yet: that of pairs
of arms on CIFAR-10, two classes, 50 training images of each."""
MOST = 10_000
"""More instances count as none that would settle anything."""
_POINTS = 2000
"""At which the distribution of an observed spread is evaluated."""


def power(
    difference: float,
    n: int,
    spread: float,
    *,
    correlation: float = 0.0,
    comparisons: int = 1,
) -> float:
    """Return how often the t test claims a true difference, 0..1.

    From the noncentral t distribution: exact for normal differences any two of which have the same
    correlation. Of independent instances a claim needs the sign-flip test as well, which agrees
    nearly always where there are enough of them.

    Parameters
    ----------
    difference
        The true one, in the unit of ``spread``.
    n
        Instances, at least 2.
    spread
        Standard deviation of the differences from instance to instance, as it is observed.
    correlation
        As in `paired`, below 1.
    comparisons
        Arms that are compared: the p value must reach 0.05 divided by them, as the first of Holm's
        steps asks.

    Examples
    --------
    >>> round(power(0.02, 10, 0.02), 2), round(power(0.02, 10, 0.02, correlation=1 / 3), 2)
    (0.8, 0.21)
    """
    shift = abs(difference) / (spread * math.sqrt(variance_factor(n, correlation)))
    least = scipy.stats.t.ppf(1 - ALPHA / comparisons / 2, n - 1)
    # The noncentral t distribution, as the mean of normal ones over how far the observed spread
    # may be off: scipy's own fails far in its tails.
    off = np.sqrt(scipy.stats.chi2.ppf((np.arange(_POINTS) + 0.5) / _POINTS, n - 1) / (n - 1))
    claimed = scipy.special.ndtr(shift - least * off) + scipy.special.ndtr(-shift - least * off)
    return float(claimed.mean())


def detectable(
    n: int, spread: float, *, correlation: float = 0.0, comparisons: int = 1
) -> float | None:
    """Return the difference that is found 8 of 10 times; None where none would be.

    The parameters are those of `power`.

    Examples
    --------
    >>> round(detectable(10, 0.016), 4), round(detectable(10, 0.016, correlation=1 / 3), 4)
    (0.0159, 0.039)
    """
    if n < 2 or correlation >= 1 or spread <= 0:
        return None
    unit = spread * math.sqrt(variance_factor(n, correlation))
    least = scipy.stats.t.ppf(1 - ALPHA / comparisons / 2, n - 1)

    def lacking(difference: float) -> float:
        found = power(difference, n, spread, correlation=correlation, comparisons=comparisons)
        return found - POWER

    return float(scipy.optimize.brentq(lacking, 0, 4 * least * unit))  # found nearly always


def instances_to_settle(
    difference: float, spread: float, *, correlation: float = 0.0, comparisons: int = 1
) -> int | None:
    """Return how many instances find a difference 8 of 10 times; None if no number does.

    Where instances share images, further ones narrow the interval to a limit: what lies below it
    cannot be settled with these images. The parameters are those of `power`.

    Examples
    --------
    >>> instances_to_settle(0.012, 0.02), instances_to_settle(0.012, 0.02, correlation=1 / 3)
    (24, None)
    """
    if correlation >= 1 or spread <= 0 or difference == 0:
        return None

    def settled(n: int) -> bool:
        return (
            power(difference, n, spread, correlation=correlation, comparisons=comparisons) > POWER
        )

    low, high = 1, enough_instances(comparisons, correlation)
    if settled(high):
        return high
    while not settled(high):
        low, high = high, 2 * high
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settled(middle) else (middle, high)
    return high


def found_in_words(result: Paired) -> str:
    """Return what a comparison could find, and what would settle it; empty without a spread.

    Examples
    --------
    >>> from pipelines.statistics.paired import paired
    >>> found_in_words(paired([0.70, 0.72, 0.77, 0.75], [0.71, 0.75, 0.76, 0.77]))
    '8 of 10 times a difference of 3.6 points would have been found; to settle +1.3 takes about 17 \
instances'
    """
    if result.spread is None:
        return ""
    rho, arms = result.correlation, result.comparisons
    least = detectable(result.n, result.spread, correlation=rho, comparisons=arms)
    if least is None:
        return ""
    words = f"8 of 10 times a difference of {100 * least:.1f} points would have been found"
    if conclusion(result) in ("better", "worse"):
        return words
    gain = points(result.mean)
    needed = instances_to_settle(result.mean, result.spread, correlation=rho, comparisons=arms)
    if needed is None and result.correlation:
        return f"{words}; {gain} cannot be settled with these images, however often they are drawn"
    if needed is None:
        return f"{words}; no number of instances would settle {gain}"
    return f"{words}; to settle {gain} takes about {max(needed, result.n + 1):,} instances"
