"""Accuracy against what a network costs for one image, as study K's figure 3.1 has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from pipelines.report.cells import GFLOPS, gflops
from pipelines.report.charts import INK, MUTED, PAPER, series_color, svg
from pipelines.report.table import ArmResult, Results


@dataclass(frozen=True)
class Costs:
    """What the arms cost.

    Attributes
    ----------
    chart
        Accuracy against cost.
    front
        Arms than which none is both cheaper, or as cheap, and better; the cheapest first.
    """

    chart: Markup
    front: list[str]


def costs(table: Results) -> Costs | None:
    """Draw the arms' accuracies against their costs; None where all cost the same."""
    if len(table.costs) < 2:
        return None
    arms = [arm for arm in table.arms if arm.flops]
    front = _front(arms)
    return Costs(_chart(table, arms, front), [arm.name for arm in front])


def _front(arms: Sequence[ArmResult]) -> list[ArmResult]:
    """Return the arms that are better than all that cost no more."""
    found: list[ArmResult] = []
    for arm in sorted(arms, key=lambda one: (one.flops, -one.accuracy.mean)):
        if not found or arm.accuracy.mean > found[-1].accuracy.mean:
            found.append(arm)
    return found


def _chart(table: Results, arms: Sequence[ArmResult], front: Sequence[ArmResult]) -> Markup:
    def draw(axes: Axes) -> None:
        best = [(arm.flops, 100 * arm.accuracy.mean) for arm in front]
        axes.plot(*zip(*best, strict=True), color=MUTED, linewidth=1, dashes=(3, 3), zorder=2)
        for color, arm in enumerate(table.arms):
            if not arm.flops:
                continue
            axes.plot(
                arm.flops, 100 * arm.accuracy.mean, "D" if arm in front else "o", zorder=3,
                markersize=10 if arm in front else 8, color=series_color(color),
                markeredgecolor=PAPER, markeredgewidth=0.8,
            )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda flops, _: gflops(flops)))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda flops, _: ""))
        axes.set_xlabel(f"{GFLOPS} for one image")
        axes.set_title("test accuracy, %", loc="left", fontsize=12, color=INK)
        axes.margins(0.08)

    label = "; ".join(
        f"{arm.name}: {100 * arm.accuracy.mean:.1f} % at {gflops(arm.flops)} {GFLOPS}"
        for arm in arms
    )
    return svg(draw, 260, f"Accuracy against the cost of an image. {label}", "costs")
