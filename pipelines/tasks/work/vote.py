"""The work of a `VoteTask`: the mean of the answers of several classifiers, scored."""

import time
from pathlib import Path

import numpy as np

from classifiers.evaluation.scores import evaluate
from classifiers.inference.ensembles import soft_vote
from groundwork.files import write_json
from groundwork.names import listed
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.tasks.base import Progress
from pipelines.tasks.predictions import read_predictions, write_predictions
from pipelines.tasks.results import TrainTaskResult
from pipelines.tasks.trained import TrainedClassifier
from pipelines.tasks.vote import VoteTask
from pipelines.workspace import CONFIG, TEST


def run(task: VoteTask, outputs: Path, folder: Path, progress: Progress) -> TrainTaskResult:
    """Average the members' answers, and score them."""
    start = time.perf_counter()
    test = Images.load(outputs / task.instance / TEST)
    answers, found = [], []
    for number, name in enumerate(task.members, start=1):
        member = outputs / task.kind / name
        kept = read_predictions(member)
        if kept is None or list(kept.labels) != list(test.labels):
            raise InputError(f"{member} holds no answers to the test images: delete it, go on")
        answers.append(kept.probabilities)
        found.append(TrainedClassifier(member).result)
        progress(number, len(task.members))
    together = soft_vote(np.stack(answers)).astype(np.float32)
    write_predictions(folder, together, test)
    write_json(folder / CONFIG, task.model_dump(mode="json"))
    return TrainTaskResult(
        scores=evaluate(together, test.labels, test.class_names),
        accuracy_at={},
        history={},
        size=test.size[0],
        train_images=found[0].train_images,
        steps=sum(one.steps for one in found),
        notes=[f"The vote of {listed(task.arms, quoted=True)}."],
        members={arm: one.scores.accuracy for arm, one in zip(task.arms, found, strict=True)},
        effort=task.effort,
        seconds=sum(one.seconds for one in found) + time.perf_counter() - start,
    )
