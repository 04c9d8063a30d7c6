"""What arms gain over those that they build on, and how many more images that is worth."""

import math
from collections.abc import Mapping, Sequence

from pipelines.comparison.bases import joined_arms
from pipelines.comparison.results import ComparisonResult
from pipelines.report.table import Results
from pipelines.statistics.learning_curve import MOST_TIMES, LearningCurve, Worth
from pipelines.statistics.paired import Paired, holm_adjusted, paired
from pipelines.statistics.verdicts import conclusion, points

ON_TOP = {
    "better": "they help here",
    "probably better": "they probably help here",
    "unclear": "no evidence that they help here",
    "probably worse": "they probably do harm here",
    "worse": "they do harm here",
}
AGAINST_COPIES = {
    "better": "they are worth more than copies",
    "probably better": "they are probably worth more than copies",
    "unclear": "no evidence that they are worth more than copies",
    "probably worse": "copies are probably worth more",
    "worse": "copies are worth more",
}


def generated_in_words(
    comparison: ComparisonResult, table: Results, curves: Mapping[str, LearningCurve]
) -> list[str]:
    """Say whether generated images help, and what they are worth; nothing where none were tried.

    The arm is compared with the one that it builds on, and with the same that mixes in changed
    copies of real images instead: what those give as well is no merit of the generator. Claims are
    corrected for all of these comparisons (Holm), intervals are not.
    """
    tried = {arm.name: arm for arm in table.arms}
    joined = [one for one in joined_arms(comparison.recipe) if {one.arm, one.base} <= tried.keys()]
    pairs = [(one.base, one.arm) for one in joined]
    for one in joined:
        if one.control in tried:
            pairs += [(one.base, one.control), (one.control, one.arm)]
    gains = gains_over(comparison, table, list(dict.fromkeys(pairs)))
    lines = []
    for one in joined:
        if (one.base, one.arm) not in gains:
            continue
        what = "Generated images" if len(joined) == 1 else f"“{one.arm}”, generated images"
        failed = tried[one.base].failed
        if failed:
            lines.append(
                f"{what} on top of “{one.base}”: no claim, for that never learned in {failed} of "
                f"{tried[one.base].trained} trainings."
            )
            continue
        on_top = {
            arm: _on_top(table, curves, one.base, arm, gains[one.base, arm])
            for arm in (one.arm, one.control)
            if (one.base, arm) in gains
        }
        lines.append(f"{what} on top of “{one.base}”: {on_top[one.arm]}")
        if one.control in on_top and (one.control, one.arm) in gains:
            against = gains[one.control, one.arm]
            lines.append(
                f"Changed copies of the real images in their place: {on_top[one.control]} "
                f"Generated images against copies: {with_interval(against)}: "
                f"{AGAINST_COPIES[conclusion(against)]}."
            )
    return lines


def _on_top(
    table: Results, curves: Mapping[str, LearningCurve], base: str, arm: str, gain: Paired
) -> str:
    claim = conclusion(gain)
    words = f"{with_interval(gain)}: {ON_TOP[claim]}"
    if base not in curves or claim.endswith("worse"):
        return f"{words}."
    return f"{words}; {arm_worth(table, curves[base], base, arm, gain)}."


def worth_in_words(worth: Worth | None, *, claimed: bool) -> str:
    """Return what a gain is worth.

    Parameters
    ----------
    worth
        As the learning curve has it.
    claimed
        Whether there is a gain, by a verdict that may be stricter than the gain's own interval.

    Examples
    --------
    >>> gain = paired([0.7, 0.7, 0.7], [0.72, 0.725, 0.73])
    >>> worth_in_words(Worth(3.4, 1.2, 8.1, gain), claimed=True)
    'worth about 3 more photographs a class (95 % interval 1 to 9)'
    >>> worth_in_words(Worth(3.4, 1.2, 8.1, gain), claimed=False)
    'worth at most 9 more photographs a class'
    """
    if worth is None:
        return "what that is worth cannot be said"
    if not claimed or not worth.shown:
        if worth.high == math.inf:
            return "how many photographs that is worth cannot be said"
        if not worth.high:
            return "worth no photographs"
        return f"worth at most {math.ceil(worth.high)} more photographs a class"
    low = math.floor(worth.low) if worth.low < math.inf else None
    if low is None:
        return f"worth more than {MOST_TIMES:g} times as many photographs"
    if worth.images == math.inf:
        return f"worth {low} more photographs a class or more: how many cannot be said"
    about = f"worth about {max(worth.images, 1):.0f} more photographs a class (95 % interval {low}"
    return f"{about} or more)" if worth.high == math.inf else f"{about} to {math.ceil(worth.high)})"


def arm_worth(table: Results, curve: LearningCurve, base: str, arm: str, gain: Paired) -> str:
    """Return what an arm's gain over another one is worth, by that one's curve, in words."""
    finals = {one.name: one.final for one in table.arms}
    common = finals[base].keys() & finals[arm].keys()
    worth = curve.worth({i: finals[arm][i] - finals[base][i] for i in common})
    return worth_in_words(worth, claimed=conclusion(gain).endswith("better"))


def gains_over(
    comparison: ComparisonResult, table: Results, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Paired]:
    """Compare pairs (base, arm) on the instances that both have, Holm-adjusted over all pairs."""
    finals = {arm.name: arm.final for arm in table.arms}
    found = {}
    for base, arm in pairs:
        common = sorted(finals[base].keys() & finals[arm].keys())
        if common:
            before, after = ([finals[name][i] for i in common] for name in (base, arm))
            found[base, arm] = paired(before, after, correlation=comparison.correlation)
    numbered = holm_adjusted({str(at): one for at, one in enumerate(found.values())})
    return dict(zip(found, numbered.values(), strict=True))


def with_interval(gain: Paired) -> str:
    """Return a gain and its 95 % interval in percentage points."""
    if gain.low is None or gain.high is None:
        return f"{points(gain.mean)} points, without an interval"
    return f"{points(gain.mean)} ({points(gain.low)} to {points(gain.high)})"
