"""What to do with one's images: the verdict of `ganaug compare`, in a few sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.comparison.results import ComparisonResult
from pipelines.report.table import Results, results
from pipelines.report.words import judged
from pipelines.statistics.bootstrap import Differences, two_way_interval
from pipelines.statistics.choosing import chosen_by_the_others, leader
from pipelines.statistics.paired import paired
from pipelines.statistics.verdicts import conclusion
from pipelines.tasks.predictions import read_predictions

Interval = tuple[float, float]


@dataclass(frozen=True)
class Advice:
    """Which arm to take, and what it is worth.

    Attributes
    ----------
    winner
        The arm of the best mean.
    accuracy
        Its mean over the instances, in 0..1.
    interval
        The 95 % interval of that over instances and test images.
    honest
        The mean of the arm that is best on the other instances: what the choice itself is worth.
    rivals
        Arms that the winner cannot be told apart from.
    above
        What it is above the reference, in words; empty if it is the reference.
    open
        Why arms were not tried to the end, by their names.
    """

    winner: str
    accuracy: float
    interval: Interval
    honest: float
    rivals: list[str]
    above: str
    open: dict[str, str]

    @property
    def sentences(self) -> list[str]:
        """The advice, for people."""
        low, high = (100 * end for end in self.interval)
        said = f"Take “{self.winner}”: {100 * self.accuracy:.1f} % (95 % interval {low:.1f} to "
        said += f"{high:.1f}){self.above}."
        lines = [said]
        if self.rivals:
            names = ", ".join(f"“{name}”" for name in self.rivals)
            lines.append(
                f"It cannot be told apart from {names}: any of them may be as good or better."
            )
        lines.append(
            f"The best of several looks better than it is: chosen on the other folds only, it is "
            f"{100 * self.honest:.1f} %."
        )
        return [*lines, *(f"“{name}” was left: {why}." for name, why in self.open.items())]


def advise(comparison: ComparisonResult, outputs: Path, left: Mapping[str, str]) -> Advice:
    """Say which arm to take.

    Parameters
    ----------
    comparison
        What was tried.
    outputs
        The folder that the runs' folders are relative to.
    left
        Why arms were not tried to the end.
    """
    table = results(comparison)
    accuracies = {arm.name: arm.final for arm in table.arms}
    winner = leader(accuracies)
    correlation = comparison.overlap.correlation if comparison.overlap else 0.0
    return Advice(
        winner=winner,
        accuracy=float(np.mean(list(accuracies[winner].values()))),
        interval=_interval(comparison, winner, outputs),
        honest=float(np.mean(list(chosen_by_the_others(accuracies).values()))),
        rivals=_rivals(accuracies, winner, correlation),
        above=_above(table, winner),
        open=dict(left),
    )


def _interval(comparison: ComparisonResult, arm: str, outputs: Path) -> Interval:
    """Return the 95 % interval of an arm's accuracy over instances and test images."""
    answers: dict[int, list[Differences]] = {}
    for run in comparison.trainings:
        if run.arm == arm and (found := read_predictions(outputs / run.folder)) is not None:
            one = Differences(found.images, found.right)
            answers.setdefault(run.instance, []).append(one)
    seeds = [
        Differences(several[0].images, np.mean([one.values for one in several], axis=0))
        for several in answers.values()
    ]
    return two_way_interval(seeds)


def _rivals(
    accuracies: Mapping[str, Mapping[int, float]], winner: str, correlation: float
) -> list[str]:
    found = []
    for arm, own in accuracies.items():
        common = sorted(own.keys() & accuracies[winner].keys())
        if arm == winner or not common:
            continue
        before = [accuracies[winner][i] for i in common]
        pair = paired(before, [own[i] for i in common], correlation=correlation)
        if not conclusion(pair).endswith("worse"):
            found.append(arm)
    return found


def _above(table: Results, winner: str) -> str:
    (arm,) = (one for one in table.arms if one.name == winner)
    return f"; against “{table.reference.name}” {judged(arm)}" if arm.against else ""
