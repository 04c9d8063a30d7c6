"""A comparison for people who work in Python: as a data frame, and in a notebook."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.comparison.results import ComparisonResult
from pipelines.report.answers import accuracy_intervals
from pipelines.report.table import results

if TYPE_CHECKING:  # only who asks for it waits for it
    import pandas

HEIGHT = 640
"""Of a page in a notebook, in pixels."""


def frame(comparison: ComparisonResult, outputs: Path) -> "pandas.DataFrame":
    """Return the arms as rows, the reference arm first.

    Parameters
    ----------
    comparison
        A finished comparison.
    outputs
        The folder that the runs' folders are relative to.

    Returns
    -------
    pandas.DataFrame
        Indexed by arm. `accuracy`, its `std` over the instances and its 95 % interval, `low` and
        `high`, in 0..1; `difference` from the reference arm with its own interval, corrected for
        images that instances share, `difference_low` and `difference_high`, and `p`, Holm-adjusted;
        `instances`; of one training: `pixels` a side of its images, `images` in an epoch, `steps`,
        `seconds`. What is not known is missing.
    """
    import pandas

    intervals = accuracy_intervals(comparison, outputs)
    rows = {}
    for arm in results(comparison, outputs).arms:
        accuracy, against = arm.accuracy, arm.against
        low, high = intervals.get(arm.name, (None, None))
        rows[arm.name] = {
            "accuracy": accuracy.mean,
            "std": accuracy.std,
            "low": low,
            "high": high,
            "difference": against.mean if against else None,
            "difference_low": against.low if against else None,
            "difference_high": against.high if against else None,
            "p": against.p_t if against else None,
            "instances": accuracy.n,
            "pixels": arm.size or None,
            "images": arm.images,
            "steps": arm.steps,
            "seconds": arm.seconds,
        }
    return pandas.DataFrame.from_dict(rows, orient="index").rename_axis("arm")


def in_a_notebook(page: Path) -> str:
    """Return a page as a notebook shows it: in a frame of its own, whose style stays there."""
    content = escape(page.read_text(encoding="utf-8"))
    return (
        f'<iframe srcdoc="{content}" title="report" width="100%" height="{HEIGHT}" '
        'style="border: 0"></iframe>'
    )
