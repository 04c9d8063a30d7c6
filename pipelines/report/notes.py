"""What has to be known of the instances and of the trainings, each said once."""

from collections.abc import Sequence

from pipelines.comparison.results import ComparisonResult

SHOWN = 6
"""Notes on the terminal; the page has them all."""


def notes(comparison: ComparisonResult) -> list[tuple[str, list[int]]]:
    """Return each note with the instances that it is about, in order."""
    found: dict[str, set[int]] = {}
    for index, record in enumerate(comparison.instances):
        for words in record.notes:
            found.setdefault(words, set()).add(index)
    for run in comparison.trainings:
        for words in run.result.notes:
            found.setdefault(f"{run.arm}: {words}", set()).add(run.instance)
    return [(words, sorted(which)) for words, which in found.items()]


def short_notes(comparison: ComparisonResult) -> list[str]:
    """Return the notes as lines for the terminal: the first few, and how many more there are."""
    every = notes(comparison)
    lines = [
        f"Note: {words}{_where(which, len(comparison.instances))}" for words, which in every[:SHOWN]
    ]
    more = len(every) - SHOWN
    if more > 0:
        lines.append(f"Note: {more} more note{'s' if more > 1 else ''} in the report")
    return lines


def failed_lines(comparison: ComparisonResult) -> list[str]:
    """Say what failed, and why, a line each arm and each generator."""
    arms = {one.arm for one in comparison.failed if one.arm}
    lines = [f"“{arm}” {why}" for arm, why in comparison.left.items() if arm in arms]
    lines += [f"“{arm}”, {_last(comparison, arm)}" for arm in sorted(arms - {*comparison.left})]
    made = [f"generator {one.name}: {one.reason}" for one in comparison.failed if not one.arm]
    return [f"Failed: {words}" for words in [*lines, *made]]


def _last(comparison: ComparisonResult, arm: str) -> str:
    (first, *_) = [one for one in comparison.failed if one.arm == arm]
    return f"{first.name}: {first.reason}"


def failed_in_words(comparison: ComparisonResult) -> str:
    """Say in a line how much failed and what first; empty if nothing did."""
    lines = failed_lines(comparison)
    if not lines:
        return ""
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    first = lines[0].removeprefix("Failed: ")
    return f"{first}{more}; the rest is finished, and the same command tries it again"


def _where(which: Sequence[int], count: int) -> str:
    """Name the instances, unless they are all."""
    if len(which) == count:
        return ""
    return f" (instance{'s' if len(which) > 1 else ''} {', '.join(map(str, which))})"
