"""The numbers of a comparison, worked out once for the page and for the terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipelines.comparison.results import ComparisonResult, TrainRun
from pipelines.errors import InputError
from pipelines.report.answers import image_intervals
from pipelines.report.cells import FINAL
from pipelines.report.imbalance import Guess, guess
from pipelines.report.learning import retried
from pipelines.statistics.paired import Paired, Summary, holm_adjusted, paired, summary
from pipelines.tasks.learning import never_learned
from pipelines.tasks.not_sure import Interval
from pipelines.tasks.results import TrainTaskResult


@dataclass(frozen=True)
class Cell:
    """One arm at one checkpoint; None where it was not tested there.

    Attributes
    ----------
    accuracy
        Over the instances, in 0..1.
    against
        Difference from the reference arm, on the instances that both have.
    published
        The published figure, as printed.
    """

    accuracy: Summary | None
    against: Paired | None
    published: str | None


@dataclass(frozen=True)
class ArmResult:
    """One arm of the comparison.

    Attributes
    ----------
    cells
        One a checkpoint.
    final
        Accuracy after the last epoch, by instance: the mean over the seeds.
    balanced
        Mean recall of the classes after the last epoch, over the instances.
    against
        Difference of the final accuracies from the reference arm, Holm-adjusted over all arms.
    two_way
        95 % interval of that difference over instances and test images at once; None for the
        reference arm, and where the answers to the single images are not there.
    guessing
        Difference of the final accuracies from always guessing the largest class; None where
        classes are about equal.
    failed, trained
        Trainings that never learned, and all of them.
    attempts
        How often the one that was tried most was tried.
    retried
        Which trainings started in a later attempt, in words; empty if none.
    no_claim
        Why nothing may be claimed against the reference; empty if something may.
    size
        Side of the images that it saw, in pixels; 0 where that was not written down.
    images, steps, seconds
        Means over the instances: images in an epoch, optimiser steps and seconds of a training.
    """

    name: str
    cells: list[Cell]
    final: dict[int, float]
    balanced: Summary
    against: Paired | None
    two_way: Interval | None
    guessing: Paired | None
    failed: int
    trained: int
    attempts: int
    retried: str
    no_claim: str
    size: int
    images: float
    steps: float
    seconds: float


@dataclass(frozen=True)
class Results:
    """Everything that the result table holds, the reference arm first.

    Attributes
    ----------
    checkpoints
        Names of the columns.
    seeds
        Trainings of an arm on an instance, whose mean stands for it there; the most there are.
    guess
        Always answering the largest class; None where classes are about equal.
    """

    checkpoints: list[str]
    arms: list[ArmResult]
    seeds: int
    guess: Guess | None

    @property
    def reference(self) -> ArmResult:
        """The arm that the others are compared with."""
        return self.arms[0]

    @property
    def sizes(self) -> set[int]:
        """At which sizes the arms saw the images, in pixels, where that was written down."""
        return {arm.size for arm in self.arms if arm.size}

    @property
    def compared(self) -> dict[str, Paired]:
        """The other arms' final differences from the reference."""
        return {arm.name: arm.against for arm in self.arms if arm.against}


def results(comparison: ComparisonResult, outputs: Path | None = None) -> Results:
    """Work out the result table.

    Parameters
    ----------
    comparison
        A finished comparison.
    outputs
        The folder that the runs' folders are relative to: the answers to the test images are read
        from it. None leaves out what needs those.

    Raises
    ------
    InputError
        If the comparison has no training of an arm, or two of one arm on one instance with the same
        seed.
    """
    runs = {arm: _by_instance(comparison, arm) for arm in comparison.arms}
    checkpoints = _checkpoints(runs)
    guessed = guess(comparison)
    arms = [
        _arm_result(comparison, arm, runs[comparison.arms[0]], own, checkpoints, guessed)
        for arm, own in runs.items()
    ]
    adjusted = holm_adjusted({arm.name: arm.against for arm in arms if arm.against})
    over_images = image_intervals(comparison, outputs) if outputs else {}
    arms = [
        replace(
            arm,
            against=adjusted.get(arm.name),
            two_way=over_images.get(arm.name),
            no_claim=_no_claim(arms[0]) if arm.against else "",
        )
        for arm in arms
    ]
    seeds = max(len(of_one) for own in runs.values() for of_one in own.values())
    return Results(checkpoints, arms, seeds, guessed)


def _no_claim(reference: ArmResult) -> str:
    """Say why nothing may be claimed against a reference; empty if something may."""
    if not reference.failed:
        return ""
    return (
        f"no claim, for “{reference.name}” never learned in {reference.failed} of "
        f"{reference.trained} trainings"
    )


ByInstance = Mapping[int, Sequence[TrainTaskResult]]
"""Of one arm, by instance: a result for each seed."""


def _by_instance(comparison: ComparisonResult, arm: str) -> dict[int, list[TrainTaskResult]]:
    found: dict[int, dict[int, TrainRun]] = {}
    for run in (run for run in comparison.trainings if run.arm == arm):
        if run.seed in found.setdefault(run.instance, {}):
            raise InputError(
                f"comparison {comparison.name}: arm {arm!r} has two trainings on instance "
                f"{run.instance} with the same seed; run it again"
            )
        found[run.instance][run.seed] = run
    if not found:
        raise InputError(f"comparison {comparison.name}: arm {arm!r} has no training; run it again")
    return {
        instance: [run.result for run in own.values()] for instance, own in sorted(found.items())
    }


def _checkpoints(runs: Mapping[str, ByInstance]) -> list[str]:
    """Return the epochs at which some arm was tested in all its trainings, as column names.

    Early stopping ends each training at an epoch of its own, and a probe has none: those are no
    checkpoints, and the column of final accuracies then goes by the name FINAL instead of by an
    epoch. One that is the last of all trainings that have it would say the same again.
    """
    tested = {
        arm: [set(one.accuracy_at) for of_one in own.values() for one in of_one]
        for arm, own in runs.items()
    }
    epochs = {epoch for own in tested.values() for epoch in set.intersection(*own)}
    last = {max(own, default=0) for every in tested.values() for own in every}
    if len(last) == 1 and last <= epochs:
        return [str(epoch) for epoch in sorted(epochs)]
    early = {e for every in tested.values() for own in every for e in own if e < max(own)}
    return [*(str(epoch) for epoch in sorted(epochs & early)), FINAL]


def _accuracies(runs: ByInstance, checkpoint: str) -> dict[int, float]:
    """Return test accuracies by instance, means over the seeds, where all were measured."""
    if checkpoint == FINAL:
        return _means(runs, lambda one: one.scores.accuracy)
    epoch = int(checkpoint)
    measured = {
        instance: own
        for instance, own in runs.items()
        if all(epoch in one.accuracy_at for one in own)
    }
    return _means(measured, lambda one: one.accuracy_at[epoch])


def _means(runs: ByInstance, value: Callable[[TrainTaskResult], float]) -> dict[int, float]:
    """Return the mean over the seeds, by instance."""
    return {instance: float(np.mean([*map(value, own)])) for instance, own in runs.items()}


def _arm_result(
    comparison: ComparisonResult,
    arm: str,
    reference: ByInstance,
    own: ByInstance,
    checkpoints: Sequence[str],
    guessed: Guess | None,
) -> ArmResult:
    published = comparison.published.get(arm, {})
    is_reference = arm == comparison.arms[0]
    cells = []
    for checkpoint in checkpoints:
        here = _accuracies(own, checkpoint)
        last = checkpoint == checkpoints[-1]
        cells.append(
            Cell(
                accuracy=summary(list(here.values())) if here else None,
                against=None
                if is_reference
                else _pair(comparison, _accuracies(reference, checkpoint), here),
                published=published.get(checkpoint, published.get(FINAL) if last else None),
            )
        )
    final = _accuracies(own, FINAL)
    every = [one for of_one in own.values() for one in of_one]
    return ArmResult(
        name=arm,
        cells=cells,
        final=final,
        balanced=summary(list(_means(own, lambda one: one.scores.balanced_accuracy).values())),
        against=None if is_reference else _pair(comparison, _accuracies(reference, FINAL), final),
        two_way=None,
        guessing=_pair(comparison, guessed.right, final) if guessed else None,
        failed=sum(never_learned(one) for one in every),
        trained=len(every),
        attempts=max((one.start.attempts for one in every if one.start), default=1),
        retried=retried(arm, every),
        no_claim="",
        size=every[0].size,
        images=float(np.mean([one.train_images for one in every])),
        steps=float(np.mean([one.steps for one in every])),
        seconds=float(np.mean([one.seconds for one in every])),
    )


def _pair(
    comparison: ComparisonResult, reference: Mapping[int, float], other: Mapping[int, float]
) -> Paired | None:
    """Compare two arms on the instances that both have, as far as those share images."""
    common = sorted(reference.keys() & other.keys())
    if not common:
        return None
    return paired(
        [reference[i] for i in common],
        [other[i] for i in common],
        correlation=comparison.correlation,
    )
