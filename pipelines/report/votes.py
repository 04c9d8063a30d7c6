"""What arms that vote get right together, class by class and in total, beside what each does."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes

from pipelines.comparison.results import ComparisonResult
from pipelines.report.charts import INK, PAPER, RULE, series_color, svg
from pipelines.report.classes import arm_members, arm_runs, class_means
from pipelines.report.table import Results

MOST_CLASSES = 30
"""Rows of a chart; of more classes, those on which the predictors differ most."""
ROW = 30
"""Units of the chart's height."""
SPREAD = 0.6
"""Part of a row's height over which predictors stand."""


@dataclass(frozen=True)
class Predictor:
    """A vote or one of its members.

    Attributes
    ----------
    name
        Of the arm.
    color
        Index of its colour.
    total
        Accuracy in 0..1, mean over the instances.
    accuracies
        The same of the images of each class, by its name.
    votes
        Whether it is a vote.
    """

    name: str
    color: int
    total: float
    accuracies: dict[str, float]
    votes: bool


@dataclass(frozen=True)
class Votes:
    """The votes of a comparison and their members.

    Attributes
    ----------
    predictors
        The votes first.
    names
        Classes that the chart shows.
    left_out
        Classes that it does not show.
    chart
        Their accuracies by class and in total.
    """

    predictors: list[Predictor]
    names: list[str]
    left_out: int
    chart: Markup


def votes(comparison: ComparisonResult, table: Results) -> Votes | None:
    """Return the votes of a comparison beside their members; None where no arm is a vote."""
    voting = {
        arm: members
        for arm in comparison.arms
        if (members := arm_members(comparison, arm)) != [arm]
    }
    if not voting:
        return None
    among = [arm for members in voting.values() for arm in members if arm in comparison.arms]
    totals = {arm.name: arm.accuracy.mean for arm in table.arms}
    predictors = [
        Predictor(
            name=arm,
            color=comparison.arms.index(arm),
            total=totals[arm],
            accuracies={one.name: one.recall for one in class_means(arm_runs(comparison, arm))},
            votes=arm in voting,
        )
        for arm in dict.fromkeys([*voting, *among])
    ]
    names, left_out = _shown(predictors)
    return Votes(predictors, names, left_out, _chart(predictors, names))


def _shown(predictors: Sequence[Predictor]) -> tuple[list[str], int]:
    """Return the classes that the chart shows, and how many it leaves out."""
    names = sorted({name for one in predictors for name in one.accuracies})

    def differ(name: str) -> float:
        own = [one.accuracies[name] for one in predictors if name in one.accuracies]
        return max(own) - min(own)

    kept = sorted(sorted(names, key=differ)[-MOST_CLASSES:])
    return kept, len(names) - len(kept)


def _chart(predictors: Sequence[Predictor], names: Sequence[str]) -> Markup:
    rows = [{one.name: one.total for one in predictors}]
    rows += [
        {one.name: one.accuracies[name] for one in predictors if name in one.accuracies}
        for name in names
    ]

    def draw(axes: Axes) -> None:
        for row, own in enumerate(rows):
            ends = [100 * min(own.values()), 100 * max(own.values())]
            axes.plot(ends, [row, row], color=RULE, linewidth=2, zorder=2)
            for at, one in enumerate(predictors):
                if one.name in own:
                    beside = SPREAD * ((at + 0.5) / len(predictors) - 0.5)  # equal ones are seen
                    axes.plot(
                        100 * own[one.name], row + beside, "D" if one.votes else "o",
                        markersize=8 if one.votes else 6, color=series_color(one.color),
                        markeredgecolor=PAPER, markeredgewidth=0.8, zorder=3 + one.votes,
                    )  # fmt: skip
        axes.axhline(0.5, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(rows)), ["total", *names])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel("test accuracy, %")
        axes.margins(x=0.05)

    label = "; ".join(f"{one.name}: {100 * one.total:.1f} %" for one in predictors)
    height = ROW * len(rows) + 50
    return svg(draw, height, f"Accuracy in total and by class. In total, {label}", "votes")
