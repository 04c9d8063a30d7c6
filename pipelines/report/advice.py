"""What to do with one's images: the verdict of `ganaug compare`, in a few sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from groundwork.names import listed
from pipelines.comparison.bases import base_of
from pipelines.comparison.results import ComparisonResult
from pipelines.recipes.recipe import Recipe
from pipelines.report.answers import answers_of, image_intervals, right_answers
from pipelines.report.classes import arm_members
from pipelines.report.growth import doubling_in_words
from pipelines.report.growth_curves import learning_curves
from pipelines.report.table import Results, results
from pipelines.report.words import judged
from pipelines.report.worth import gains_over, generated_in_words
from pipelines.statistics.abstention import not_sure
from pipelines.statistics.choosing import chosen_by_the_others, clearly_worse, leader
from pipelines.statistics.expected import FURTHEST, Expected, expected
from pipelines.statistics.learning_curve import LearningCurve
from pipelines.statistics.verdicts import conclusion, enough_instances, points
from pipelines.tasks.not_sure import NotSure


@dataclass(frozen=True)
class Advice:
    """Which arm to take, and what it is worth.

    Attributes
    ----------
    winner
        The arm of the best mean.
    expected
        The accuracy to expect of it once it is trained on all images.
    mean
        Its mean over the instances, in 0..1: it won with that, which flatters.
    tested_with, trained_with
        Training images of a class on an instance, and of the classifier of all images.
    beaten
        Arms that it is shown to be better than; of those that were left out as worse than the best
        of then, by its own test on the instances that both have.
    clearly
        Those of them that were tried on instances enough for that to be more than probable.
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
    expected: Expected
    mean: float
    tested_with: float
    trained_with: float
    beaten: list[str]
    clearly: list[str]
    rivals: list[str]
    above: str
    open: dict[str, str]
    generated: list[str]
    doubling: str
    not_sure: NotSure

    @property
    def sentences(self) -> list[str]:
        """The advice, for people."""
        low, high = (100 * end for end in self.expected.interval)
        said = f"Take “{self.winner}”: {100 * self.expected.accuracy:.1f} % (95 % interval "
        said += f"{low:.1f} to {high:.1f}){self.above}."
        lines = [said, self.estimate]
        if self.beaten:
            lines.append(f"It is {self._better}.")
        if self.rivals:
            several = "any of them" if len(self.rivals) > 1 else "that"
            lines.append(
                f"It cannot be told apart from {listed(self.rivals, quoted=True)}: {several} may "
                "be as good or better."
            )
        lines += [*self.generated, *filter(None, [self.doubling]), self.not_sure.words]
        return [*lines, *(f"“{name}” was left: {why}." for name, why in self.open.items())]

    @property
    def _better(self) -> str:
        """Say what it is better than, and how sure that is."""
        probably = [arm for arm in self.beaten if arm not in self.clearly]
        said = {"clearly": self.clearly, "probably": probably}
        return ", and ".join(
            f"{how} better than {listed(arms, quoted=True)}" for how, arms in said.items() if arms
        )

    @property
    def estimate(self) -> str:
        """Where the accuracy comes from, in a sentence or two."""
        said = f"That is what to expect with {self.trained_with:.0f} training images a class: "
        said += f"with {self.tested_with:.0f} it was right on {100 * self.expected.tested:.1f} % "
        if self.expected.more is None:
            said += "of the test images, and what more add is not known."
        else:
            value, low, high = (100 * one for one in self.expected.more)
            upto = FURTHEST * self.tested_with
            to = f", to {upto:.0f} of a class," if self.trained_with > upto else ""
            said += f"of the test images, and by the learning curve more{to} add {value:.1f} "
            said += f"points ({low:.1f} to {high:.1f})."
        if points(self.mean) == points(self.expected.tested):
            return said
        return (
            f"{said} Each test is of the way that was best on all others: the winner's own mean, "
            f"{100 * self.mean:.1f} %, is what it won with, and flatters."
        )


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
    worse |= {arm for arm in comparison.dropped if _better_than(comparison, table, winner, arm)}
    worse |= _beaten_reference(table, winner)
    # What never learned is worse, but for that: nothing is claimed against it.
    beaten = {arm.name for arm in table.arms if arm.name in worse and not arm.failed}
    curves = learning_curves(comparison, table)
    record = comparison.instances[0]
    tested_with = record.train_images / len(record.classes)
    images = comparison.all_images or record.train_images + record.test_images
    trained_with = images / len(record.classes)
    enough = enough_instances(1, comparison.correlation)
    return Advice(
        winner=winner,
        expected=expected(
            right_answers(comparison, chosen_by_the_others(accuracies), outputs),
            _curve(comparison, curves, winner),
            trained_with / tested_with,
        ),
        mean=float(np.mean(list(accuracies[winner].values()))),
        tested_with=tested_with,
        trained_with=trained_with,
        beaten=[arm for arm in accuracies if arm in beaten],
        clearly=[
            arm
            for arm in accuracies
            if arm in beaten and len(accuracies[arm].keys() & accuracies[winner].keys()) >= enough
        ],
        rivals=[arm for arm in accuracies if arm not in worse and arm != winner],
        above=_above(comparison, table, winner, outputs),
        open=comparison.left,
        generated=generated_in_words(comparison, table, curves),
        doubling=doubling_in_words(comparison, curves, winner),
        not_sure=not_sure(answers_of(comparison, winner, outputs)),
    )


def _curve(
    comparison: ComparisonResult, curves: Mapping[str, LearningCurve], winner: str
) -> LearningCurve | None:
    """Return the winner's learning curve, or of one whose error falls much as fast.

    Of a vote that of a member; of an arm without one, generated images on top, say, that of the arm
    it builds on.
    """
    members = arm_members(comparison, winner)
    known = Recipe.model_validate(comparison.recipe).arms
    bases = [base_of(comparison.recipe, arm) or "" for arm in members if arm in known]
    return next((curves[arm] for arm in [*members, *bases] if arm in curves), None)


def _better_than(comparison: ComparisonResult, table: Results, winner: str, arm: str) -> bool:
    """Tell whether the winner, too, is better than an arm that another one was better than."""
    if arm not in {one.name for one in table.arms} or arm == winner:
        return False
    gain = gains_over(comparison, table, [(arm, winner)]).get((arm, winner))
    return gain is not None and conclusion(gain).endswith("better")


def _beaten_reference(table: Results, winner: str) -> set[str]:
    """Return the reference, if the winner is shown to be better than it.

    Among all arms against the reference alone, which are fewer comparisons than all pairs.
    """
    (arm,) = (one for one in table.arms if one.name == winner)
    better = arm.against and not arm.no_claim and conclusion(arm.against) == "better"
    return {table.reference.name} if better else set()


def _above(comparison: ComparisonResult, table: Results, winner: str, outputs: Path) -> str:
    (arm,) = (one for one in table.arms if one.name == winner)
    if arm.against and arm.against.low is None:  # the test images alone can say something
        arm = replace(arm, two_way=image_intervals(comparison, outputs).get(winner))
    return f"; against “{table.reference.name}” {judged(arm)}" if arm.against else ""
