"""The chart of learning curves: accuracy by training images, and on to twice as many."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from pipelines.report.charts import series_color, svg
from pipelines.statistics.learning_curve import Estimate, LearningCurve

APART = 0.05
"""Between the points of two arms, as a factor of the images: bars would hide one another."""


class Drawn(NamedTuple):
    """A curve of the chart."""

    arm: str
    color: int
    """The arm's place among all."""
    curve: LearningCurve


def growth_chart(curves: Sequence[Drawn]) -> Markup:
    """Draw what was measured with its 95 % intervals, the fitted laws, and dashed what they say.

    Parameters
    ----------
    curves
        At least one; the counts of the first are those of the axis.
    """
    first = curves[0].curve
    counts = [*first.per_class, 2 * first.count]

    def draw(axes: Axes) -> None:
        axes.set_xscale("log")
        for at, one in enumerate(curves):
            color, curve = series_color(one.color), one.curve
            aside = (1 + APART) ** (at - (len(curves) - 1) / 2)
            far = np.geomspace(curve.per_class[0], 2 * curve.count, 41)
            known = far[far <= curve.count * (1 + 1e-9)]
            beyond = np.concatenate([known[-1:], far[len(known) :]])
            for x, style in ((known, "-"), (beyond, (0, (4, 3)))):
                y = [100 * (1 - curve.error(n).value) for n in x]
                axes.plot(x, y, color=color, linewidth=1.8, linestyle=style)
            for number, n in enumerate(curve.per_class):
                _bar(axes, n * aside, curve.measured(number), color, hollow=False)
            _bar(axes, 2 * curve.count * aside, curve.error(2 * curve.count), color, hollow=True)
        axes.xaxis.set_major_locator(FixedLocator(counts))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xticklabels([f"{n:.0f}" for n in counts])
        axes.set_title("test accuracy, %", loc="left", fontsize=12)
        axes.set_xlabel("training images of a class")
        axes.margins(x=0.06)

    label = "; ".join(
        f"{one.arm}: "
        + ", ".join(
            f"{100 * (1 - error):.1f} % with {n:.0f}"
            for n, error in zip(one.curve.per_class, one.curve.errors, strict=True)
        )
        + f", about {100 * (1 - one.curve.error(2 * one.curve.count).value):.1f} % with "
        + f"{2 * one.curve.count:.0f}"
        for one in curves
    )
    return svg(draw, 260, f"Accuracy by training images of a class. {label}", "growth")


def _bar(axes: Axes, x: float, error: Estimate, color: str, *, hollow: bool) -> None:
    """Draw an accuracy and its interval; hollow where nothing was measured."""
    value, low, high = (100 * (1 - one) for one in (error.value, error.high, error.low))
    axes.plot([x, x], [low, high], color=color, linewidth=1.1, alpha=0.8)
    face = "none" if hollow else color
    axes.plot(x, value, "o", markersize=6, color=color, markerfacecolor=face)
