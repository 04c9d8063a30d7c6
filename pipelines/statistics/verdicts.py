"""Comparisons in plain words that claim no more than the numbers do."""

import math
from typing import Literal

import scipy  # loads scipy.stats when it is needed: `ganaug --help` need not wait for it

from pipelines.statistics.paired import ALPHA, Paired, variance_factor

Conclusion = Literal["better", "probably better", "unclear", "probably worse", "worse"]


FEWEST_SHARED = 6
"""Instances that share images and are fewer make a claim only probable: the corrected t test rests
on the differences' shape alone, which fewer do not show. A convention, as many as the sign-flip
test needs of independent ones."""


def conclusion(result: Paired) -> Conclusion:
    """Say what the differences allow.

    Of independent instances a claim needs both tests, the t test alone makes it "probably". Where
    instances share images the corrected t test stands alone, and few instances make it "probably".
    """
    if result.p_flip is None:
        if result.p_t is None or result.p_t > ALPHA:
            return "unclear"
        sure = result.n >= FEWEST_SHARED
    else:
        sure = result.p_flip <= ALPHA
        if not (sure if result.p_t is None else result.p_t <= ALPHA):
            return "unclear"
    if result.mean > 0:
        return "better" if sure else "probably better"
    return "worse" if sure else "probably worse"


def points(fraction: float) -> str:
    """Return a difference of two fractions in signed percentage points.

    Examples
    --------
    >>> points(0.0214), points(-0.004), points(0.0001)
    ('+2.1', '−0.4', '0.0')
    """
    text = f"{100 * fraction:+.1f}".replace("-", "−")
    return "0.0" if text.strip("+−") == "0.0" else text


def verdict(result: Paired, images: tuple[float, float] | None = None) -> str:
    """Return one plain sentence on a comparison of accuracies in 0..1.

    Parameters
    ----------
    result
        The comparison.
    images
        A 95 % interval over the test images, which is named where there is no t test.

    Examples
    --------
    >>> from pipelines.statistics.paired import paired
    >>> verdict(paired([0.70, 0.72, 0.77], [0.71, 0.75, 0.79]))
    '+2.0 points (95 % interval −0.5 to +4.5, 3 instances): not distinguishable from no difference'
    """
    gain = f"{points(result.mean)} points"
    if result.low is None or result.high is None:
        return _without_test(result, gain, images)
    interval = f"95 % interval {points(result.low)} to {points(result.high)}"
    return f"{gain} ({interval}, {result.n} instances): {_claim_in_words(result)}"


def _without_test(result: Paired, gain: str, images: tuple[float, float] | None) -> str:
    """Return what can be said without a t test."""
    if images is not None and (result.n == 1 or result.correlation == 1):
        over = f"95 % interval over the test images {points(images[0])} to {points(images[1])}"
        where = "on the only instance" if result.n == 1 else f"over {result.n} instances"
        excludes_0 = images[0] > 0 or images[1] < 0
        these = "a difference" if excludes_0 else "nothing"
        return (
            f"{gain} {where} ({over}): {these} is shown for these training images, and nothing "
            "for others"
        )
    if result.n == 1:
        return f"{gain} on the only instance: no spread to judge it by, so nothing is shown"
    if result.correlation == 1 and result.ties < result.n:
        return (
            f"{gain} over {result.n} instances with the same training images: nothing is shown "
            "for others"
        )
    if result.ties:
        return f"{gain}: equal on each of the {result.n} instances"
    flips = "" if result.p_flip is None else f", sign-flip p = {result.p_flip:.2g}"
    return f"{gain} on each of the {result.n} instances: no spread to build an interval from{flips}"


def _claim_in_words(result: Paired) -> str:
    claim = conclusion(result)
    several = result.comparisons > 1
    if claim == "unclear":
        excludes_0 = (
            result.low is not None
            and result.high is not None
            and (result.low > 0 or result.high < 0)
        )
        allowed = f" once {result.comparisons} comparisons are allowed for"
        return f"not distinguishable from no difference{allowed if excludes_0 else ''}"
    if not claim.startswith("probably"):
        return claim + (
            f", also with {result.comparisons} comparisons allowed for" if several else ""
        )
    if result.p_flip is None or result.n < enough_instances(result.comparisons):
        return f"{claim}, but {result.n} instances are too few to be sure"
    return f"{claim}, but the sign-flip test is not convinced (p = {result.p_flip:.2g})"


def enough_instances(comparisons: int = 1, correlation: float = 0.0) -> int:
    """Return the fewest instances with which a claim can be more than probable.

    Of independent ones the fewest with which the sign-flip test can reach 0.05: its smallest p
    value is 2 / 2**n, times the number of comparisons by Holm's correction. Where instances share
    images, `FEWEST_SHARED`.

    Examples
    --------
    >>> enough_instances(), enough_instances(2), enough_instances(2, correlation=0.2)
    (6, 7, 6)
    """
    return FEWEST_SHARED if correlation else 1 + math.ceil(math.log2(comparisons / ALPHA))


def caveat(n: int, comparisons: int = 1, correlation: float = 0.0) -> str:
    """Return what ``n`` instances cannot show, in a few sentences; empty if they are enough."""
    if n > 1 and correlation:
        few = _few_shared(n) if correlation < 1 else ""  # with it there is no test at all
        return " ".join(filter(None, [few, _ceiling(n, correlation)]))
    enough = enough_instances(comparisons)
    if n >= enough:
        return ""
    if n == 1:
        return (
            "One instance has no spread: there is no interval and no test over instances. "
            f"Run {enough} or more."
        )
    smallest = min(1.0, comparisons * 2.0 ** (1 - n))
    allowed = f" when {comparisons} arms are compared" if comparisons > 1 else ""
    return (
        f"With {n} instances the sign-flip test cannot go below p = {smallest:.2g}{allowed}, so it "
        f"cannot reach {ALPHA} whatever the images show; {enough} instances are the fewest that "
        f"can. The intervals stand on their assumption of roughly normal differences."
    )


def _few_shared(n: int) -> str:
    if n >= FEWEST_SHARED:
        return ""
    return (
        f"{n} instances are too few to show whether their differences are roughly normal, which "
        f"the corrected t test assumes: run {FEWEST_SHARED} or more."
    )


def _ceiling(n: int, correlation: float) -> str:
    """Say how little further instances of the same images can add."""
    if correlation == 1:
        return (
            "Every instance has the same training images: their differences hold the chance of "
            "training alone, and further ones can show nothing of other images."
        )
    now = scipy.stats.t.ppf(1 - ALPHA / 2, n - 1) * math.sqrt(variance_factor(n, correlation))
    least = scipy.stats.norm.ppf(1 - ALPHA / 2) * math.sqrt(correlation / (1 - correlation))
    return (
        "However many more instances share these images, the intervals stay at least "
        f"{100 * least / now:.0f} % as wide as now; only more images narrow them further."
    )
