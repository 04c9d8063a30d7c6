"""The work of a `VoteTask`: the answers of several classifiers, joined and scored."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.evaluation.scores import evaluate
from classifiers.inference.ensembles import as_one_model, hard_vote, soft_vote
from groundwork.files import replacing, write_json
from groundwork.names import listed
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.tasks.base import Progress
from pipelines.tasks.predictions import Predictions, read_predictions, write_predictions
from pipelines.tasks.results import TrainTaskResult
from pipelines.tasks.trained import TrainedClassifier
from pipelines.tasks.vote import VoteTask
from pipelines.workspace import CONFIG, MODEL, TEST


def run(task: VoteTask, outputs: Path, folder: Path, progress: Progress) -> TrainTaskResult:
    """Join the members' answers, score them, and keep the vote as a classifier where that can be.

    Raises
    ------
    InputError
        If a member has not answered to the same test images, or there are no images to weight by.
    """
    start = time.perf_counter()
    test = Images.load(outputs / task.instance / TEST)
    answers, found = [], []
    for number, name in enumerate(task.members, start=1):
        member = outputs / task.kind / name
        kept = read_predictions(member)
        if kept is None or list(kept.labels) != list(test.labels):
            raise InputError(f"{member} holds no answers to the test images: delete it, go on")
        answers.append(kept)
        found.append(TrainedClassifier(member))
        progress(number, len(task.members))
    weights, by_what = _weights(task, found, answers, outputs)
    every = np.stack([one.probabilities for one in answers])
    together = hard_vote(every) if task.vote == "hard" else soft_vote(every, weights)
    together = together.astype(np.float32)
    write_predictions(folder, together, test)
    results = [one.result for one in found]
    notes = [f"The {task.vote} vote of {listed(task.arms, quoted=True)}{by_what}."]
    if task.kept:
        notes += _keep(task, found, weights, folder)
    else:
        write_json(folder / CONFIG, task.model_dump(mode="json"))
    return TrainTaskResult(
        scores=evaluate(together, test.labels, test.class_names),
        accuracy_at={},
        history={},
        size=test.size[0],
        train_images=results[0].train_images,
        steps=sum(one.steps for one in results),
        flops=sum(one.flops for one in results),
        notes=notes,
        members={arm: one.scores.accuracy for arm, one in zip(task.arms, results, strict=True)},
        effort=task.effort,
        seconds=sum(one.seconds for one in results) + time.perf_counter() - start,
    )


def _weights(
    task: VoteTask,
    found: Sequence[TrainedClassifier],
    answers: Sequence[Predictions],
    outputs: Path,
) -> tuple[NDArray[np.float64] | None, str]:
    """Return the weights of a vote, and what they are; no image that is tested here counts."""
    if task.vote != "weighted":
        return None, ""
    validated = [_validated(one) for one in found]
    known = [accuracy for accuracy in validated if accuracy is not None]
    by_what = "validation images"
    if len(known) < len(found):
        by_what = "test images of other instances"
        tested = {image for one in answers for image in one.images}
        known = [
            _elsewhere(task, arm, names, tested, outputs)
            for arm, names in zip(task.arms, task.others, strict=True)
        ]
    weights = np.array(known)
    if not weights.sum():
        return None, f", who are right on none of the {by_what} and weigh the same"
    return weights, f", weighted by their accuracy on {by_what}"


def _validated(one: TrainedClassifier) -> float | None:
    """Return the accuracy of the weights that were kept, on what `train.validation` left out."""
    accuracies = one.result.history.get("val_accuracy")
    return accuracies[one.result.kept_epoch - 1] if accuracies else None


def _elsewhere(
    task: VoteTask, arm: str, names: Sequence[str], tested: set[str], outputs: Path
) -> float:
    """Return an arm's accuracy on test images of other instances that are none of this one's."""
    right: list[NDArray[np.float64]] = []
    for name in names:
        other = read_predictions(outputs / task.kind / name)
        if other is not None:
            fresh = np.array([image not in tested for image in other.images], bool)
            right.append(other.right[fresh])
    if not sum(map(len, right)):
        raise InputError(
            f"vote = 'weighted': there is no image to weight “{arm}” by that is not tested on "
            "here; set train.validation, or vote = 'soft'"
        )
    return float(np.concatenate(right).mean())


def _keep(
    task: VoteTask,
    found: Sequence[TrainedClassifier],
    weights: NDArray[np.float64] | None,
    folder: Path,
) -> list[str]:
    """Write the vote as a classifier; say why where it can be none."""
    settings: dict[str, Any] = found[0].as_vote() | task.model_dump(mode="json")
    write_json(folder / CONFIG, settings)
    if len({one.result.size for one in found}) > 1:
        return ["It is kept as no classifier: its members see images of different sizes."]
    if not all((one.folder / MODEL).is_file() for one in found):
        return ["It is kept as no classifier: those of its members were not kept."]
    joined = as_one_model([one.seeing() for one in found], weights, hard=task.vote == "hard")
    with replacing(folder / MODEL) as path:
        joined.save(path)
    return []
