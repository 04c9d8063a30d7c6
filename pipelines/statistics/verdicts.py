"""Comparisons in plain words that claim no more than the numbers do."""

import math
from typing import Literal

from pipelines.statistics.paired import ALPHA, Paired

Conclusion = Literal["better", "probably better", "unclear", "probably worse", "worse"]


def conclusion(result: Paired) -> Conclusion:
    """Say what the differences allow: a claim needs both tests, one alone makes it "probably"."""
    flip = result.p_flip <= ALPHA
    t = flip if result.p_t is None else result.p_t <= ALPHA
    if not t:
        return "unclear"
    if result.mean > 0:
        return "better" if flip else "probably better"
    return "worse" if flip else "probably worse"


def points(fraction: float) -> str:
    """Return a difference of two fractions in signed percentage points.

    Examples
    --------
    >>> points(0.0214), points(-0.004), points(0.0001)
    ('+2.1', '−0.4', '0.0')
    """
    text = f"{100 * fraction:+.1f}".replace("-", "−")
    return "0.0" if text.strip("+−") == "0.0" else text


def verdict(result: Paired) -> str:
    """Return one plain sentence on a comparison of accuracies in 0..1.

    Examples
    --------
    >>> from pipelines.statistics.paired import paired
    >>> verdict(paired([0.70, 0.72, 0.77], [0.71, 0.75, 0.79]))
    '+2.0 points (95 % interval −0.5 to +4.5, 3 instances): not distinguishable from no difference'
    """
    gain = f"{points(result.mean)} points"
    if result.n == 1:
        return f"{gain} on the only instance: no spread to judge it by, so nothing is shown"
    if result.low is None or result.high is None:
        if result.ties:
            return f"{gain}: equal on each of the {result.n} instances"
        return (
            f"{gain} on each of the {result.n} instances: no spread to build an interval from, "
            f"sign-flip p = {result.p_flip:.2g}"
        )
    interval = f"95 % interval {points(result.low)} to {points(result.high)}"
    return f"{gain} ({interval}, {result.n} instances): {_claim_in_words(result)}"


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
    if result.n < enough_instances(result.comparisons):
        return f"{claim}, but {result.n} instances are too few to be sure"
    return f"{claim}, but the sign-flip test is not convinced (p = {result.p_flip:.2g})"


def enough_instances(comparisons: int = 1) -> int:
    """Return the fewest instances with which the sign-flip test can reach 0.05.

    Its smallest p value is 2 / 2**n, times the number of comparisons by Holm's correction.

    Examples
    --------
    >>> enough_instances(), enough_instances(2)
    (6, 7)
    """
    return 1 + math.ceil(math.log2(comparisons / ALPHA))


def caveat(n: int, comparisons: int = 1) -> str:
    """Return what ``n`` instances cannot show, in a sentence or two; empty if they are enough."""
    enough = enough_instances(comparisons)
    if n >= enough:
        return ""
    if n == 1:
        return (
            f"One instance has no spread: there is no interval and no test. Run {enough} or more."
        )
    smallest = min(1.0, comparisons * 2.0 ** (1 - n))
    allowed = f" when {comparisons} arms are compared" if comparisons > 1 else ""
    return (
        f"With {n} instances the sign-flip test cannot go below p = {smallest:.2g}{allowed}, so it "
        f"cannot reach {ALPHA} whatever the images show; {enough} instances are the fewest that "
        f"can. The intervals stand on their assumption of roughly normal differences."
    )
