"""The work of an `EnsembleTask`: votes on the test images, and one classifier of all members."""

import time
from pathlib import Path

import numpy as np

from classifiers.evaluation.scores import evaluate
from classifiers.inference.ensembles import as_one_model, hard_vote, soft_vote
from groundwork.files import replacing, write_json
from pipelines.tasks.base import Progress
from pipelines.tasks.ensemble import EnsembleTask
from pipelines.tasks.predictions import write_predictions
from pipelines.tasks.results import TrainTaskResult
from pipelines.tasks.trained import open_together
from pipelines.workspace import CONFIG, MODEL


def run(task: EnsembleTask, outputs: Path, folder: Path, progress: Progress) -> TrainTaskResult:
    """Ask every member, score both ways to vote, and save the soft one as `model.keras`."""
    start = time.perf_counter()
    found = open_together(task.folders)
    test = found[0].test
    answers = []
    for number, one in enumerate(found, start=1):
        answers.append(one.probabilities(test.pixels))
        progress(number, len(found))
    together = np.stack(answers)
    votes = {"soft voting": soft_vote(together), "hard voting": hard_vote(together)}
    scores = {
        name: evaluate(probabilities, test.labels, test.class_names)
        for name, probabilities in (dict(zip(task.members, answers, strict=True)) | votes).items()
    }
    settings = found[0].as_vote() | {"name": task.name, "members": list(task.members)}
    write_json(folder / CONFIG, settings)
    write_predictions(folder, votes["soft voting"], test)
    with replacing(folder / MODEL) as path:
        as_one_model([one.seeing() for one in found]).save(path)
    return TrainTaskResult(
        scores=scores["soft voting"],
        accuracy_at={},
        history={},
        size=test.size[0],
        train_images=found[0].result.train_images,
        steps=sum(one.result.steps for one in found),
        flops=sum(one.result.flops for one in found),
        notes=found[0].result.notes,
        members={name: one.accuracy for name, one in scores.items()},
        effort=task.effort,
        seconds=sum(one.result.seconds for one in found) + time.perf_counter() - start,
    )
