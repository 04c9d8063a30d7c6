"""What an arm gets right and wrong, class by class, over all instances."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.comparison.results import ComparisonResult, TrainRun
from pipelines.tasks.results import TrainTaskResult

MATRIX_CLASSES = 12
"""A confusion matrix of more classes is not readable on a page: the worst pairs are listed."""

WORST_PAIRS = 12


@dataclass(frozen=True)
class MatrixCell:
    """Test images of one true class that were given one predicted class.

    Attributes
    ----------
    count
        None where no instance had both classes, so that there was nothing to confuse.
    fraction
        Of the images of the true class, 0..1.
    """

    count: int | None
    fraction: float


@dataclass(frozen=True)
class Confusion:
    """Confusion matrix summed over instances, which may have drawn different classes.

    Attributes
    ----------
    names
        Classes, sorted.
    rows
        One a true class; None if there are too many classes to show.
    worst
        (true, predicted, count, fraction of the true class), the most frequent mistakes first;
        empty where `rows` are shown.
    """

    names: list[str]
    rows: list[list[MatrixCell]] | None
    worst: list[tuple[str, str, int, float]]


@dataclass(frozen=True)
class ClassMeans:
    """Scores of one class, averaged over the instances that have it; 0..1."""

    name: str
    instances: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Overall:
    """Scores over all classes, averaged over the instances.

    Attributes
    ----------
    precision, recall, f1
        Means over the classes, 0..1; this recall is the balanced accuracy.
    log_loss
        In nats.
    calibration_error
        Expected calibration error, 0..1.
    """

    precision: float
    recall: float
    f1: float
    log_loss: float
    calibration_error: float


def overall(runs: Sequence[TrainTaskResult]) -> Overall:
    """Average the scores over all classes."""
    columns = [
        (
            run.scores.macro.precision,
            run.scores.macro.recall,
            run.scores.macro.f1,
            run.scores.log_loss,
            run.scores.calibration_error,
        )
        for run in runs
    ]
    return Overall(*(float(value) for value in np.mean(columns, axis=0)))


def class_means(runs: Sequence[TrainRun]) -> list[ClassMeans]:
    """Average the scores of each class; an instance may have been trained with several seeds."""
    scores = [(run.instance, score) for run in runs for score in run.result.scores.per_class]
    means = []
    for name in sorted({score.name for _, score in scores}):
        own = [(instance, score) for instance, score in scores if score.name == name]
        columns = [[one.precision, one.recall, one.f1] for _, one in own]
        precision, recall, f1 = (float(value) for value in np.mean(columns, axis=0))
        instances = len({instance for instance, _ in own})
        means.append(ClassMeans(name, instances, precision, recall, f1))
    return means


def confusion(runs: Sequence[TrainTaskResult]) -> Confusion:
    """Sum the confusion matrices by class name."""
    counts: Counter[tuple[str, str]] = Counter()
    for run in runs:
        names = [score.name for score in run.scores.per_class]
        for true, row in zip(names, run.scores.confusion, strict=True):
            # Counts of 0 are kept: they tell "never confused" from "never met".
            counts.update({(true, name): count for name, count in zip(names, row, strict=True)})
    names = sorted({true for true, _ in counts})
    totals = {name: sum(counts[name, other] for other in names) or 1 for name in names}
    if len(names) > MATRIX_CLASSES:
        mistakes = [(pair, n) for pair, n in counts.most_common() if pair[0] != pair[1] and n]
        worst = [(*pair, n, n / totals[pair[0]]) for pair, n in mistakes[:WORST_PAIRS]]
        return Confusion(names, None, worst)
    rows = [
        [MatrixCell(counts.get((true, name)), counts[true, name] / totals[true]) for name in names]
        for true in names
    ]
    return Confusion(names, rows, [])


def arm_runs(comparison: ComparisonResult, arm: str) -> list[TrainRun]:
    """Return the trainings of one arm."""
    return [run for run in comparison.trainings if run.arm == arm]


def arm_results(comparison: ComparisonResult, arm: str) -> list[TrainTaskResult]:
    """Return what came out of the trainings of one arm."""
    return [run.result for run in arm_runs(comparison, arm)]


def arm_members(comparison: ComparisonResult, arm: str) -> list[str]:
    """Return the arms that an arm is a vote of; of any other, its own name."""
    named = [name for run in arm_results(comparison, arm) for name in run.members]
    return list(dict.fromkeys(named)) or [arm]
