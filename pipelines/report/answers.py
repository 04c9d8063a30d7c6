"""What every arm answered to every test image, read back to compare arms image by image."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.results import ComparisonResult
from pipelines.statistics.abstention import Answers
from pipelines.statistics.bootstrap import Differences, two_way_interval
from pipelines.statistics.expected import interval_of
from pipelines.tasks.not_sure import Interval
from pipelines.tasks.predictions import Predictions, read_predictions


def image_intervals(comparison: ComparisonResult, outputs: Path) -> dict[str, Interval]:
    """Return the 95 % interval of each arm's difference over instances and test images at once.

    Where an arm was trained with several seeds on an instance, each image counts by how many of
    them were right.

    Parameters
    ----------
    comparison
        A finished comparison.
    outputs
        The folder that the runs' folders are relative to.

    Returns
    -------
    dict of str to tuple
        By arm, in 0..1, other minus reference. An arm is missing if a training of it, or of the
        reference on the same instance, has no `predictions.npz`: those from before there was such.
    """
    reference, *others = comparison.arms
    before = _answers(comparison, reference, outputs)
    found = {}
    for arm in others:
        after = _answers(comparison, arm, outputs)
        differences = [
            _difference(before[instance], after[instance])
            for instance in sorted(before.keys() & after.keys())
        ]
        if differences and None not in differences:
            found[arm] = two_way_interval([one for one in differences if one])
    return found


def right_answers(
    comparison: ComparisonResult, chosen: Mapping[int, str], outputs: Path
) -> list[Differences]:
    """Return which test images of each instance an arm answered right, 0..1 over its trainings.

    Parameters
    ----------
    comparison, outputs
        As in `image_intervals`; every training has kept its answers.
    chosen
        The arm, by instance.
    """
    kept = {arm: _answers(comparison, arm, outputs) for arm in {*chosen.values()}}
    return _right_by_instance({i: kept[arm][i] for i, arm in chosen.items()})


def answers_of(comparison: ComparisonResult, arm: str, outputs: Path) -> list[Answers]:
    """Return how sure an arm's classifiers were of each answer, and which were right, by instance.

    The parameters are those of `image_intervals`. Trainings from before answers were kept have
    none.
    """
    found = []
    for several in _answers(comparison, arm, outputs).values():
        known = [one for one in several if one]
        if known:
            found.append(
                Answers(
                    [image for one in known for image in one.images],
                    np.concatenate([one.probabilities.max(axis=1) for one in known]),
                    np.concatenate([one.right for one in known]),
                )
            )
    return found


def accuracy_intervals(comparison: ComparisonResult, outputs: Path) -> dict[str, Interval]:
    """Return the 95 % interval of each arm's accuracy over instances and test images at once.

    Arms are missing of whose trainings some have kept no answers.
    """
    kept = {arm: _answers(comparison, arm, outputs) for arm in comparison.arms}
    return {
        arm: interval_of(_right_by_instance(answers))
        for arm, answers in kept.items()
        if all(one is not None for several in answers.values() for one in several)
    }


def _right_by_instance(
    answers: Mapping[int, Sequence[Predictions | None]],
) -> list[Differences]:
    known = [[one for one in several if one] for several in answers.values()]
    return [Differences(one[0].images, _right(one)) for one in known]


def _right(several: Sequence[Predictions]) -> NDArray[np.float64]:
    """Return by how many of the trainings each image is answered right, 0..1."""
    return np.asarray(np.mean([one.right for one in several], axis=0))


def _answers(
    comparison: ComparisonResult, arm: str, outputs: Path
) -> dict[int, list[Predictions | None]]:
    """Return what an arm's trainings answered, by instance."""
    found: dict[int, list[Predictions | None]] = {}
    for run in comparison.trainings:
        if run.arm == arm:
            found.setdefault(run.instance, []).append(read_predictions(outputs / run.folder))
    return found


def _difference(
    reference: Sequence[Predictions | None], other: Sequence[Predictions | None]
) -> Differences | None:
    """Return by how much each image is answered better; None if some answers are not there."""
    before, after = [one for one in reference if one], [one for one in other if one]
    if len(before) < len(reference) or len(after) < len(other):
        return None
    return Differences(before[0].images, _right(after) - _right(before))
