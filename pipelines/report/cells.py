"""How the figures of a comparison stand in the cells and headings of its table."""

from pipelines.statistics.paired import Paired, Summary
from pipelines.statistics.verdicts import points

FINAL = "final"
"""Name of the last epoch in the published figures, and of its column where arms end apart."""
GFLOPS = "GFLOPs"
"""Name of the cost of an arm in the published figures."""


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


def gflops(flops: float) -> str:
    """Return what a network costs for one image, in GFLOPs.

    Examples
    --------
    >>> gflops(0.69e9), gflops(8.17e9), gflops(1_234_567), gflops(0)
    ('0.69', '8.17', '0.0012', '–')
    """
    if not flops:
        return "–"
    return f"{flops / 1e9:.2f}" if flops >= 1e8 else f"{flops / 1e9:.2g}"


def is_checkpoint(key: str) -> bool:
    """Whether a key of the published figures stands for accuracies, and not for times or costs.

    Examples
    --------
    >>> [key for key in ("15", "final", "seconds to 80 %", "GFLOPs") if is_checkpoint(key)]
    ['15', 'final']
    """
    return key == FINAL or key.isdecimal()


def column_name(checkpoint: str) -> str:
    """Return the heading of a checkpoint's column."""
    return "last epoch" if checkpoint == FINAL else f"epoch {checkpoint}"
