"""What the numbers of a comparison say, in sentences for the page and for the terminal."""

from groundwork.names import listed
from pipelines.comparison.results import ComparisonResult
from pipelines.report.cells import percent
from pipelines.report.imbalance import no_better
from pipelines.report.learning import warning
from pipelines.report.method import method
from pipelines.report.table import ArmResult, Results
from pipelines.statistics.power import found_in_words
from pipelines.statistics.verdicts import caveat, conclusion, points, verdict

SHARED = 0.05
"""Test images that two instances may share without a word about it, as a fraction."""


def headline(table: Results) -> str:
    """Return the outcome of the comparison in a sentence."""
    reference = f"“{table.reference.name}”"
    compared = table.compared
    if not compared:
        accuracy = table.reference.accuracy
        count = f"{accuracy.n} instance{'s' if accuracy.n > 1 else ''}"
        return f"{reference} reaches {percent(accuracy)} % over {count}; no other arm was trained."
    if len(compared) == 1:
        (arm,) = (one for one in table.arms if one.against)
        return f"“{arm.name}” against {reference}: {judged(arm)}."
    if table.reference.failed:
        return (
            f"No claim is made: {reference}, which the others are compared with, never learned in "
            f"{table.reference.failed} of {table.reference.trained} trainings, and whatever is "
            "added to it helps."
        )
    groups = {
        claim: [f"“{name}”" for name, one in compared.items() if conclusion(one) == claim]
        for claim in ("better", "probably better", "worse", "probably worse", "unclear")
    }
    unclear = groups.pop("unclear")
    if len(unclear) == len(compared):
        several = f"None of the {len(unclear)} alternatives"
        none = "Neither alternative" if len(unclear) == 2 else several
        return f"{none} can be told apart from {reference}."
    claims = [
        f"{listed(names)} {'is' if len(names) == 1 else 'are'} {claim} than {reference}"
        for claim, names in groups.items()
        if names
    ]
    if unclear:
        claims.append(f"{listed(unclear)} cannot be told apart from {reference}")
    return f"{'; '.join(claims)}."


def judged(arm: ArmResult) -> str:
    """Return the verdict on an arm; empty for the reference."""
    if arm.against and arm.no_claim:
        return f"{points(arm.against.mean)} points: {arm.no_claim}"
    return verdict(arm.against, arm.two_way) if arm.against else ""


def over_images(arm: ArmResult) -> str:
    """Say that an interval over the test images too holds 0 where the other one does not."""
    against, two_way = arm.against, arm.two_way
    if against is None or two_way is None or against.low is None or against.high is None:
        return ""
    low, high = two_way
    if against.low <= 0 <= against.high or low > 0 or high < 0:
        return ""
    return (
        f"over instances and test images at once, a bootstrap's 95 % interval is {points(low)} to "
        f"{points(high)}, which holds 0"
    )


def outlook(arm: ArmResult) -> str:
    """Say what could have been found, and what would settle it, where the verdict is open."""
    if arm.against is None or arm.no_claim or conclusion(arm.against) in ("better", "worse"):
        return ""
    return found_in_words(arm.against)


def guessing(table: Results) -> list[str]:
    """Say which arms never learned or not at first, what guessing reaches, who does no more."""
    said = [
        words
        for arm in table.arms
        for words in (warning(arm.name, arm.failed, arm.trained, arm.attempts), arm.retried)
        if words
    ]
    if table.guess is None:
        return said
    found = [
        no_better(arm.name, arm.accuracy.mean, arm.guessing) for arm in table.arms if arm.guessing
    ]
    return [*said, table.guess.words, *filter(None, found)]


def method_in_words(comparison: ComparisonResult, table: Results) -> str:
    """Say which test was used and why; empty where nothing was compared."""
    compared = table.compared
    if not compared:
        return ""
    return method(
        comparison.overlap,
        min(one.n for one in compared.values()),
        len(compared),
        over_images=all(arm.two_way for arm in table.arms if arm.against),
    )


def caveats(comparison: ComparisonResult, table: Results) -> list[str]:
    """Return what a reader must know before believing the table, a sentence or two each."""
    compared = table.compared
    if not compared:
        return []
    correlation = max(one.correlation for one in compared.values())
    few = caveat(min(one.n for one in compared.values()), len(compared), correlation)
    return [*filter(None, [few, _shared_tests(comparison, table)])]


def _shared_tests(comparison: ComparisonResult, table: Results) -> str:
    """Say where intervals over instances are too narrow and none over images stand beside."""
    shared = comparison.overlap
    if shared is None:
        drawn = [name for one in comparison.instances for name in set(one.classes)]
        if len(drawn) == len(set(drawn)):
            return ""
        return (
            "Some instances share a class and so may share images: they are not fully "
            "independent, and the true intervals are somewhat wider than those shown."
        )
    known = all(arm.two_way for arm in table.arms if arm.against)
    if known or not shared.own_test or shared.test <= SHARED or shared.correlation == 1:
        return ""
    return (
        f"Two instances share {100 * shared.test:.0f} % of their test images: the intervals are "
        "somewhat too narrow. Trainings from before answers were kept have none over the images."
    )
