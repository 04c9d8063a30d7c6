"""What to do with one's images: the verdict of `ganaug compare`, in a few sentences."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groundwork.names import listed
from pipelines.comparison.results import ComparisonResult
from pipelines.report.answers import Interval, accuracy_interval, answers_of
from pipelines.report.growth import doubling_in_words
from pipelines.report.growth_curves import learning_curves
from pipelines.report.table import Results, results
from pipelines.report.words import judged
from pipelines.report.worth import generated_in_words
from pipelines.statistics.abstention import not_sure
from pipelines.statistics.choosing import chosen_by_the_others, clearly_worse, leader
from pipelines.statistics.verdicts import conclusion
from pipelines.tasks.not_sure import NotSure


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
    beaten
        Arms that it is shown to be better than, or that were left out as worse than the best.
    rivals
        Arms that the winner is not shown to be better than, by the test that leaves arms out.
    above
        What it is above the reference, in words; empty if it is the reference.
    open
        Why arms were not tried to the end, by their names.
    generated
        Whether generated images help, in sentences; none where none were tried.
    doubling
        What twice as many images would give, in a sentence; empty without a learning curve.
    not_sure
        When the classifier is not sure, by what the winner answered to test images.
    """

    winner: str
    accuracy: float
    interval: Interval
    honest: float
    beaten: list[str]
    rivals: list[str]
    above: str
    open: dict[str, str]
    generated: list[str]
    doubling: str
    not_sure: NotSure

    @property
    def sentences(self) -> list[str]:
        """The advice, for people."""
        low, high = (100 * end for end in self.interval)
        said = f"Take “{self.winner}”: {100 * self.accuracy:.1f} % (95 % interval {low:.1f} to "
        said += f"{high:.1f}){self.above}."
        lines = [said]
        if self.beaten:
            lines.append(f"It is clearly better than {listed(self.beaten, quoted=True)}.")
        if self.rivals:
            several = "any of them" if len(self.rivals) > 1 else "that"
            lines.append(
                f"It cannot be told apart from {listed(self.rivals, quoted=True)}: {several} may "
                "be as good or better."
            )
        lines.append(
            f"The best of several looks better than it is: chosen on the other folds only, it is "
            f"{100 * self.honest:.1f} %."
        )
        lines += [*self.generated, *filter(None, [self.doubling]), self.not_sure.words]
        return [*lines, *(f"“{name}” was left: {why}." for name, why in self.open.items())]


def advise(comparison: ComparisonResult, outputs: Path) -> Advice:
    """Say which arm to take.

    Parameters
    ----------
    comparison
        What was tried.
    outputs
        The folder that the runs' folders are relative to.
    """
    table = results(comparison)
    accuracies = {arm.name: arm.final for arm in table.arms}
    winner = leader(accuracies)
    worse = clearly_worse(accuracies, comparison.correlation)
    worse |= set(comparison.dropped)
    worse |= _beaten_reference(table, winner)
    curves = learning_curves(comparison, table)
    return Advice(
        winner=winner,
        accuracy=float(np.mean(list(accuracies[winner].values()))),
        interval=accuracy_interval(comparison, winner, outputs),
        honest=float(np.mean(list(chosen_by_the_others(accuracies).values()))),
        beaten=[arm for arm in accuracies if arm in worse],
        rivals=[arm for arm in accuracies if arm not in worse and arm != winner],
        above=_above(table, winner),
        open=comparison.left,
        generated=generated_in_words(comparison, table, curves),
        doubling=doubling_in_words(comparison, curves, winner),
        not_sure=not_sure(answers_of(comparison, winner, outputs)),
    )


def _beaten_reference(table: Results, winner: str) -> set[str]:
    """Return the reference, if the winner is shown to be better than it.

    Among all arms against the reference alone, which are fewer comparisons than all pairs.
    """
    (arm,) = (one for one in table.arms if one.name == winner)
    better = arm.against and not arm.no_claim and conclusion(arm.against) == "better"
    return {table.reference.name} if better else set()


def _above(table: Results, winner: str) -> str:
    (arm,) = (one for one in table.arms if one.name == winner)
    return f"; against “{table.reference.name}” {judged(arm)}" if arm.against else ""
