"""Unequal classes in a chart: their images, and how often each is recognised (study K)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes

from pipelines.comparison.results import ComparisonResult
from pipelines.report.charts import INK, MUTED, series_color, svg
from pipelines.report.classes import arm_runs, class_means

MOST = 30
"""Classes of a chart: the largest and the smallest."""
ROW = 22
"""Units of the chart's height."""


@dataclass(frozen=True)
class Sized:
    """A class.

    Attributes
    ----------
    name
        As the source calls it.
    fraction
        Of all test images, 0..1.
    recall
        How often the best arm recognises it, 0..1.
    """

    name: str
    fraction: float
    recall: float


@dataclass(frozen=True)
class Unequal:
    """Classes by their size.

    Attributes
    ----------
    shown
        Those in the chart, the largest first.
    classes
        How many there are.
    chart
        Their sizes.
    """

    shown: list[Sized]
    classes: int
    chart: Markup


def unequal(comparison: ComparisonResult, best: str) -> Unequal:
    """Return the classes of all instances by their test images, as the best arm recognises them."""
    runs = arm_runs(comparison, best)
    images: Counter[str] = Counter()
    for run in runs:
        images.update(run.result.scores.support)
    recalls = {one.name: one.recall for one in class_means(runs)}
    sized = [
        Sized(name, count / images.total(), recalls[name])
        for name, count in sorted(images.items(), key=lambda one: (-one[1], one[0]))
    ]
    shown = sized if len(sized) <= MOST else [*sized[: MOST // 2], *sized[-MOST // 2 :]]
    return Unequal(shown, len(sized), _chart(shown, comparison.arms.index(best)))


def _chart(shown: Sequence[Sized], color: int) -> Markup:
    def draw(axes: Axes) -> None:
        rows = range(len(shown))
        axes.barh(rows, [100 * one.fraction for one in shown], height=0.6, color=MUTED, alpha=0.5)
        reach = 100 * max(one.fraction for one in shown)
        for row, one in zip(rows, shown, strict=True):
            axes.text(
                reach * 1.18, row, f"{100 * one.recall:.0f}", va="center", ha="right",
                color=series_color(color),
            )  # fmt: skip
        axes.set_yticks(rows, [one.name for one in shown])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(0, reach * 1.2)
        axes.set_xlabel("test images, %; right: recognised, %")

    largest, smallest = shown[0], shown[-1]
    label = (
        f"Images by class, from {100 * largest.fraction:.1f} % ({largest.name}) to "
        f"{100 * smallest.fraction:.1f} % ({smallest.name})"
    )
    return svg(draw, ROW * len(shown) + 50, label, "unequal")
