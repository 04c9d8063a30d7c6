"""What more images would give, and how many of them an arm is worth: curves, and in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.comparison.bases import base_of
from pipelines.comparison.results import ComparisonResult
from pipelines.report.growth_chart import Drawn, growth_chart
from pipelines.report.growth_curves import learning_curves
from pipelines.report.table import Results
from pipelines.report.worth import arm_worth, gains_over, with_interval
from pipelines.statistics.choosing import leader
from pipelines.statistics.learning_curve import LearningCurve
from pipelines.statistics.verdicts import points


@dataclass(frozen=True)
class ArmWorth:
    """What an arm gains over the one it builds on, and what that is worth.

    Attributes
    ----------
    arm, base
        Names.
    color
        The arm's place among all.
    gain
        Difference of their accuracies and its 95 % interval, in percentage points.
    worth
        In words: more real images of a class that would give as much.
    """

    arm: str
    base: str
    color: int
    gain: str
    worth: str


@dataclass(frozen=True)
class Growth:
    """What the trainings on growing parts of the images say.

    Attributes
    ----------
    doubling
        What twice as many images would give with the arm that one would take, in a sentence.
    chart
        The curves.
    curves
        Names of their arms, each with its place among all arms and what twice as many would give.
    worths
        What every other arm is worth.
    """

    doubling: str
    chart: Markup
    curves: list[tuple[int, str, str]]
    worths: list[ArmWorth]


def growth(comparison: ComparisonResult, table: Results) -> Growth | None:
    """Return what the page shows of learning curves; None where none can be drawn.

    Parameters
    ----------
    comparison
        With or without trainings on parts.
    table
        Its numbers.
    """
    curves = learning_curves(comparison, table)
    if not curves:
        return None
    places = {arm: at for at, arm in enumerate(comparison.arms)}
    winner = leader({arm.name: arm.final for arm in table.arms})
    return Growth(
        doubling=doubling_in_words(comparison, curves, winner),
        chart=growth_chart([Drawn(arm, places[arm], one) for arm, one in curves.items()]),
        curves=[(places[arm], arm, _doubling(one)) for arm, one in curves.items()],
        worths=_worths(comparison, table, curves),
    )


def doubling_in_words(
    comparison: ComparisonResult, curves: Mapping[str, LearningCurve], winner: str
) -> str:
    """Say what twice as many images would give; empty without a curve.

    With the arm that one would take, or, where that has no curve, the one that it builds on, or
    else the first that has one.
    """
    if not curves:
        return ""
    near = (winner, base_of(comparison.recipe, winner) or winner, *curves)
    arm = next(name for name in near if name in curves)
    curve = curves[arm]
    who = "" if arm == winner else f" with “{arm}”"
    value, low, high = curve.doubling
    if not curve.exponent:
        return (
            f"Twice as many photographs a class would give at most {points(high)} points{who}: "
            f"from {curve.per_class[0]:.0f} to {curve.count:.0f} it got no better."
        )
    return (
        f"Twice as many photographs a class would give about {points(value)} points{who} (95 % "
        f"interval {points(low)} to {points(high)}), if the curve goes on as it did."
    )


def _worths(
    comparison: ComparisonResult, table: Results, curves: Mapping[str, LearningCurve]
) -> list[ArmWorth]:
    """Return what each arm is worth that builds on one with a curve."""
    bases = {arm.name: base_of(comparison.recipe, arm.name) for arm in table.arms}
    gains = gains_over(
        comparison, table, [(base, arm) for arm, base in bases.items() if base and base in curves]
    )
    found = []
    for (base, arm), gain in gains.items():
        worth = arm_worth(table, curves[base], base, arm, gain)
        found.append(ArmWorth(arm, base, comparison.arms.index(arm), with_interval(gain), worth))
    return found


def _doubling(curve: LearningCurve) -> str:
    value, low, high = curve.doubling
    return f"{points(value)} ({points(low)} to {points(high)})"
