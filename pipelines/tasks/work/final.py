"""The work of a `FinalTask`: an arm on all images, to a classifier that was not tested."""

import time
from pathlib import Path

import numpy as np

from classifiers.inference.probabilities import probabilities
from pipelines.tasks.base import Progress
from pipelines.tasks.checked import some, write_check
from pipelines.tasks.final import FinalTask
from pipelines.tasks.results import FinalTaskResult
from pipelines.tasks.work.train import fit, gather, of_folds, save
from pipelines.training.tracking import Tracker


def run(task: FinalTask, outputs: Path, folder: Path, progress: Progress) -> FinalTaskResult:
    """Gather the images, train, and save `model.keras`, and what it answers to some of them."""
    start = time.perf_counter()
    material = gather(task, outputs)
    config = task.arm.train
    settings = task.model_dump(mode="json")
    with Tracker(folder, config.wandb_project, settings, config.log_every) as tracker:
        fitted = fit(task, material, None, outputs, folder, tracker, progress)
    save(task, fitted, folder)
    # Of the classifier as it was trained: whoever loads it must get the same answers.
    shown = some(material.train)
    answered = probabilities(fitted.fit.model, shown, tta=task.arm.train.tta)
    write_check(folder, shown, answered)
    names, train = list(material.train.class_names), material.train
    counts = np.bincount(train.labels, minlength=len(names)).tolist()
    return FinalTaskResult(
        class_names=names,
        class_images=dict(zip(names, counts, strict=True)),
        history=fitted.fit.history,
        size=material.train.size[0],
        train_images=fitted.images,
        steps=fitted.fit.steps,
        notes=[
            *material.notes,
            *of_folds(fitted.fit.left_out),
            *filter(None, [fitted.fit.start.words]),
        ],
        start=fitted.fit.start,
        effort=task.effort,
        seconds=time.perf_counter() - start,
    )
