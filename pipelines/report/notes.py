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


def _where(which: Sequence[int], count: int) -> str:
    """Name the instances, unless they are all."""
    if len(which) == count:
        return ""
    return f" (instance{'s' if len(which) > 1 else ''} {', '.join(map(str, which))})"
