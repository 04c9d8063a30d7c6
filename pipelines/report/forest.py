"""The forest plot: what every arm reaches, and how far that is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes

from pipelines.report.charts import INK, MUTED, PAPER, series_color, shortened, svg

NAME = 44
"""Letters that have room on a chart beside a value with its interval."""


@dataclass(frozen=True)
class Estimate:
    """One row of a forest plot.

    Attributes
    ----------
    name
        What it is of.
    color
        Index of its colour, taken round and round.
    value
        In 0..1.
    interval
        Its 95 % interval, in 0..1; None where there is none.
    best
        Whether it is marked.
    note
        What stands behind the name in brackets; empty for nothing.
    """

    name: str
    color: int
    value: float
    interval: tuple[float, float] | None
    best: bool = False
    note: str = ""

    @property
    def title(self) -> str:
        """The name as there is room for it, and the note."""
        end = f" ({self.note})" if self.note else ""
        return shortened(self.name, NAME - len(end)) + end

    @property
    def words(self) -> str:
        """The value in per cent and its interval."""
        value = f"{100 * self.value:.1f}"
        if self.interval is None:
            return value
        low, high = (100 * end for end in self.interval)
        return f"{value} ({low:.1f} to {high:.1f})"


def forest_plot(estimates: Sequence[Estimate], xlabel: str) -> Markup:
    """Draw values with their intervals below one another, in the order given."""

    def draw(axes: Axes) -> None:
        across = axes.get_yaxis_transform()
        for row, one in enumerate(estimates):
            color, width = series_color(one.color), 3.2 if one.best else 1.8
            if one.interval:
                ends = [100 * end for end in one.interval]
                axes.plot(ends, [row, row], color=color, linewidth=width, zorder=3)
            axes.plot(
                100 * one.value, row, "D" if one.best else "o", markersize=10 if one.best else 8,
                color=color, markeredgecolor=PAPER, markeredgewidth=1, zorder=4,
            )  # fmt: skip
            weight = "bold" if one.best else "normal"
            axes.text(0, row - 0.36, one.title, transform=across, va="center", weight=weight)
            axes.text(
                1, row - 0.36, one.words, transform=across, ha="right", va="center", weight=weight,
                color=INK if one.best else MUTED,
            )  # fmt: skip
        best = next((one.value for one in estimates if one.best), None)
        if best is not None:
            axes.axvline(100 * best, color=MUTED, linewidth=0.8, dashes=(3, 3), zorder=1)
        axes.set_ylim(len(estimates) - 0.6, -0.7)
        axes.set_yticks([])
        axes.margins(x=0.04)
        axes.set_xlabel(xlabel)

    label = "; ".join(f"{one.name}{', best' * one.best}: {one.words} %" for one in estimates)
    height = 44 * len(estimates) + 44
    return svg(draw, height, f"{xlabel}, with 95 % intervals. {label}", "forest")
