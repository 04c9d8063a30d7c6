"""The numbers of a comparison, worked out once for the page and for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipelines.comparison.results import ComparisonResult
from pipelines.report.answers import image_intervals
from pipelines.report.cells import FINAL
from pipelines.report.imbalance import Guess, guess
from pipelines.report.learning import retried
from pipelines.report.trained import ByInstance, accuracies, by_instance, find_checkpoints, means
from pipelines.statistics.paired import Paired, Summary, holm_adjusted, paired, summary
from pipelines.tasks.learning import never_learned
from pipelines.tasks.not_sure import Interval


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
    top
        How often the true class is among the `Results.top_k` most probable ones after the last
        epoch, over the instances; None where that is not asked for.
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
    flops
        Of its network for one image; 0 where that was not written down.
    """

    name: str
    cells: list[Cell]
    final: dict[int, float]
    balanced: Summary
    top: Summary | None
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
    flops: float

    @property
    def accuracy(self) -> Summary:
        """After the last epoch, in 0..1, over the instances."""
        return summary([*self.final.values()])


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
    top_k
        Among how many of the most probable classes the true one is looked for too; 0 for none.
    """

    checkpoints: list[str]
    arms: list[ArmResult]
    seeds: int
    guess: Guess | None
    top_k: int = 0

    @property
    def reference(self) -> ArmResult:
        """The arm that the others are compared with."""
        return self.arms[0]

    @property
    def sizes(self) -> set[int]:
        """At which sizes the arms saw the images, in pixels, where that was written down."""
        return {arm.size for arm in self.arms if arm.size}

    @property
    def costs(self) -> set[float]:
        """What the arms' networks cost for one image, in FLOPs, where that was written down."""
        return {arm.flops for arm in self.arms if arm.flops}

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
    runs = {arm: by_instance(comparison, arm) for arm in comparison.arms}
    checkpoints = find_checkpoints(runs)
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
    top_k = _top_k(comparison) if arms[0].top else 0
    return Results(checkpoints, arms, seeds, guessed, top_k)


def _top_k(comparison: ComparisonResult) -> int:
    """Return among how many classes the true one is looked for, 0 for none."""
    asked = comparison.recipe.get("top_k")
    return asked if isinstance(asked, int) else 0


def _no_claim(reference: ArmResult) -> str:
    """Say why nothing may be claimed against a reference; empty if something may."""
    if not reference.failed:
        return ""
    return (
        f"no claim, for “{reference.name}” never learned in {reference.failed} of "
        f"{reference.trained} trainings"
    )


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
        here = accuracies(own, checkpoint)
        last = checkpoint == checkpoints[-1]
        cells.append(
            Cell(
                accuracy=summary(list(here.values())) if here else None,
                against=None
                if is_reference
                else _pair(comparison, accuracies(reference, checkpoint), here),
                published=published.get(checkpoint, published.get(FINAL) if last else None),
            )
        )
    final = accuracies(own, FINAL)
    every = [one for of_one in own.values() for one in of_one]
    k = _top_k(comparison)
    top = means(own, lambda one: one.scores.top_k[k]) if k in every[0].scores.top_k else {}
    return ArmResult(
        name=arm,
        cells=cells,
        final=final,
        balanced=summary(list(means(own, lambda one: one.scores.balanced_accuracy).values())),
        top=summary(list(top.values())) if top else None,
        against=None if is_reference else _pair(comparison, accuracies(reference, FINAL), final),
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
        flops=float(np.mean([one.flops for one in every])),
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
