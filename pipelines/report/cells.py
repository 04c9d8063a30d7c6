"""How the figures of a comparison stand in the cells and headings of its table."""

from collections.abc import Mapping

from pipelines.statistics.paired import Paired, Summary
from pipelines.statistics.verdicts import points

FINAL = "final"
"""Name of the last epoch in the published figures, and of its column where arms end apart."""


def percent(accuracy: Summary) -> str:
    """Return mean ± standard deviation in per cent, the mean alone for one instance.

    Examples
    --------
    >>> from pipelines.statistics.paired import summary
    >>> percent(summary([0.70, 0.72, 0.77])), percent(summary([0.7]))
    ('73.0 ± 3.6', '70.0')
    """
    mean = f"{100 * accuracy.mean:.1f}"
    return mean if accuracy.std is None else f"{mean} ± {100 * accuracy.std:.1f}"


def interval(against: Paired | None) -> str:
    """Return the 95 % interval of a difference in percentage points, a dash where there is none.

    Examples
    --------
    >>> from pipelines.statistics.paired import paired
    >>> interval(paired([0.70, 0.72, 0.77], [0.71, 0.75, 0.79]))
    '−0.5 to +4.5'
    """
    if against is None or against.low is None or against.high is None:
        return "–"
    return f"{points(against.low)} to {points(against.high)}"


def accuracies(published: Mapping[str, str]) -> dict[str, str]:
    """Return the published accuracies of an arm, by epoch, without its times.

    Examples
    --------
    >>> accuracies({"final": "83.06", "seconds an epoch": "13.118"})
    {'final': '83.06'}
    """
    return {key: text for key, text in published.items() if not key.startswith("seconds")}


def column_name(checkpoint: str) -> str:
    """Return the heading of a checkpoint's column."""
    return "last epoch" if checkpoint == FINAL else f"epoch {checkpoint}"
