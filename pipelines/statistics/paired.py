"""What a handful of paired measurements can show, and what it cannot.

Two arms of a comparison see the same instances (the same classes, the same images), so they are
compared by their differences, instance by instance. Two tests look at those differences. The t
interval assumes that they are roughly normal. The sign-flip test assumes only that, if the arms
were equal, each difference could as well have had the other sign; with few instances it cannot
reach 0.05 at all. `pipelines.statistics.verdicts` puts all this into words.

Both take the differences for independent. Where instances share images they are not: then the t
test is the corrected resampled one (Nadeau and Bengio, "Inference for the Generalization Error",
Machine Learning 52, 2003), and there is no sign-flip test, because the differences of instances
that share images are off to the same side together: their signs are no independent coin tosses.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy  # loads scipy.stats when a test is run: `ganaug --help` need not wait for it
from numpy.typing import NDArray

from pipelines.errors import InputError

ALPHA = 0.05
"""Significance level of every statement; the intervals hold 1 - ALPHA."""

_RESOLUTION = 1e-7
"""Smaller differences are float32 rounding: a test set has far fewer than 1e7 images."""

_SIGN_FLIPS = 2**16
"""The sign-flip test is exact up to 16 instances, and draws this many flips beyond."""


@dataclass(frozen=True)
class Summary:
    """Spread of one arm over its instances.

    Attributes
    ----------
    n
        Number of values.
    mean, minimum, maximum
        In the unit of the values.
    std
        Standard deviation with ``n - 1``; None for a single value, which has no spread.
    se
        Standard error of the mean; None for a single value.
    """

    n: int
    mean: float
    std: float | None
    se: float | None
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Paired:
    """One arm against a reference on the same instances.

    Attributes
    ----------
    n
        Instances that both arms have.
    mean
        Mean difference, other minus reference: above 0 where the other is higher.
    se, low, high
        Standard error of the mean difference and its 95 % t interval; None when the differences
        have no spread to build them from (one instance, or all differences equal), or none that
        counts (``correlation`` 1).
    wins, losses, ties
        Instances on which the other arm is higher, lower, equal.
    p_t
        Two-sided paired t test, corrected for ``correlation``; None where there is no interval.
    p_flip
        Two-sided sign-flip permutation test: every assignment of signs up to 16 instances,
        65,536 random ones beyond. None where instances share images: it would not hold.
    comparisons
        Arms that were compared with this reference. Above 1, both p values are Holm-adjusted
        (see `holm_adjusted`); the interval never is.
    correlation
        Of two differences, because their instances share images; 0 for independent ones.
    """

    n: int
    mean: float
    se: float | None
    low: float | None
    high: float | None
    wins: int
    losses: int
    ties: int
    p_t: float | None
    p_flip: float | None
    comparisons: int = 1
    correlation: float = 0.0

    @property
    def spread(self) -> float | None:
        """Standard deviation of the differences, with ``n - 1``; None without an interval."""
        if self.se is None:
            return None
        return self.se / math.sqrt(variance_factor(self.n, self.correlation))


def summary(values: Sequence[float]) -> Summary:
    """Describe the values of one arm.

    Raises
    ------
    InputError
        If there is no value, or one is not finite.

    Examples
    --------
    >>> s = summary([0.70, 0.72, 0.77])
    >>> round(s.mean, 4), round(s.std, 4), s.n
    (0.73, 0.0361, 3)
    """
    array = _finite(values)
    several = len(array) > 1
    return Summary(
        n=len(array),
        mean=float(array.mean()),
        std=float(array.std(ddof=1)) if several else None,
        se=float(scipy.stats.sem(array)) if several else None,
        minimum=float(array.min()),
        maximum=float(array.max()),
    )


def paired(
    reference: Sequence[float], other: Sequence[float], *, correlation: float = 0.0
) -> Paired:
    """Compare two arms on the same instances, given in the same order.

    Parameters
    ----------
    reference, other
        One value an instance.
    correlation
        Of the differences on two instances, 0..1, as `pipelines.data.overlap.Overlap` gives it: 0
        for instances that share no images; 1 where differences hold the chance of training alone
        and so say nothing of other images.

    Raises
    ------
    InputError
        If the arms have different numbers of values, none at all, or one is not finite.

    Examples
    --------
    >>> p = paired([0.70, 0.72, 0.77], [0.73, 0.73, 0.79])
    >>> round(p.mean, 4), p.wins, p.losses, p.p_flip
    (0.02, 3, 0, 0.25)
    >>> shared = paired([0.70, 0.72, 0.77], [0.73, 0.73, 0.79], correlation=1 / 3)
    >>> round(p.se, 4), round(shared.se, 4), shared.p_flip
    (0.0058, 0.0091, None)
    """
    if len(reference) != len(other):
        raise InputError(
            f"a paired comparison needs the same instances in both arms, "
            f"received {len(reference)} and {len(other)} values"
        )
    if not 0 <= correlation <= 1:
        raise InputError(f"correlation={correlation} of paired differences; give 0 to 1")
    differences = _finite(other) - _finite(reference)
    differences[np.abs(differences) < _RESOLUTION] = 0.0
    result = Paired(
        n=len(differences),
        mean=float(differences.mean()),
        se=None,
        low=None,
        high=None,
        wins=int((differences > 0).sum()),
        losses=int((differences < 0).sum()),
        ties=int((differences == 0).sum()),
        p_t=None,
        p_flip=None if correlation else _sign_flip(differences),
        correlation=correlation,
    )
    if np.ptp(differences) < _RESOLUTION or correlation == 1:
        return result
    if correlation:
        return _corrected(result, differences)
    test = scipy.stats.ttest_1samp(differences, 0.0)
    interval = test.confidence_interval(1 - ALPHA)
    return replace(
        result,
        se=float(scipy.stats.sem(differences)),
        low=float(interval.low),
        high=float(interval.high),
        p_t=float(test.pvalue),
    )


def variance_factor(n: int, correlation: float) -> float:
    """Return the variance of a mean of ``n`` differences, in units of their sample variance.

    1/n for independent ones. Two differences of correlation rho make it 1/n + rho/(1 - rho): the
    mean varies more than 1/n of one difference, and the differences among each other less than
    one. In Nadeau and Bengio's words that term is n_test/n_train, with rho = n_test/(n_train +
    n_test); of k folds, repeated, it is 1/(k - 1) (Bouckaert and Frank, "Evaluating the
    Replicability of Significance Tests for Comparing Learning Algorithms", PAKDD 2004). Where
    pairs of instances differ in it, rho is the mean over the pairs.

    Examples
    --------
    >>> round(variance_factor(10, 20 / 60), 6)
    0.6
    """
    return 1 / n + correlation / (1 - correlation)


def _corrected(result: Paired, differences: NDArray[np.float64]) -> Paired:
    """Return the corrected resampled t test and its interval, with n - 1 degrees of freedom."""
    factor = variance_factor(result.n, result.correlation)
    se = float(differences.std(ddof=1)) * math.sqrt(factor)
    reach = float(scipy.stats.t.ppf(1 - ALPHA / 2, result.n - 1)) * se
    return replace(
        result,
        se=se,
        low=result.mean - reach,
        high=result.mean + reach,
        p_t=float(2 * scipy.stats.t.sf(abs(result.mean) / se, result.n - 1)),
    )


def _finite(values: Sequence[float]) -> NDArray[np.float64]:
    """Return the values as an array of its own."""
    array = np.array(values, dtype=np.float64)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise InputError(f"statistics need at least one finite number, received {list(values)}")
    return array


def _sign_flip(differences: NDArray[np.float64]) -> float:
    """Return the two-sided p value of the sign-flip test on the mean difference."""
    if len(differences) == 1:
        return 1.0  # scipy refuses it; either sign is as far from 0 as the other
    result = scipy.stats.permutation_test(
        (differences,),
        # Rounded, so that sums which are equal on paper count as equal: 0.1 + 0.2 - 0.3.
        lambda flipped, axis: np.round(flipped.mean(axis=axis), 12),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_SIGN_FLIPS,
        batch=4096,
        rng=np.random.default_rng(0),
    )
    return float(result.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for being several (Holm 1979), in the order given.

    An adjusted value at or below 0.05 may be called significant with at most 5 % chance of even
    one false claim among them all, however the tests depend on each other.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    scaled = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(scaled).clip(max=1.0)
    return [float(value) for value in adjusted]


def holm_adjusted(comparisons: Mapping[str, Paired]) -> dict[str, Paired]:
    """Adjust the p values of several arms that were compared with one reference."""
    arms = list(comparisons.values())
    # An arm without a test is still one of the family; its p value stays None.
    p_t = holm([1.0 if one.p_t is None else one.p_t for one in arms])
    p_flip = holm([1.0 if one.p_flip is None else one.p_flip for one in arms])
    return {
        name: replace(
            one,
            p_t=None if one.p_t is None else p_t[i],
            p_flip=None if one.p_flip is None else p_flip[i],
            comparisons=len(arms),
        )
        for i, (name, one) in enumerate(comparisons.items())
    }
