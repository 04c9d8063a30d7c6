"""The work of a `GanTask`: images of one class, or of all, to a trained generator."""

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.models.backbones.efficientnet_lite import feature_pyramid
from ganaug.training.train import train, train_classes
from groundwork.files import read_json, write_json
from pipelines.augment.offline import Expansion
from pipelines.data.images import EVERY_CLASS, Images
from pipelines.synthetic.judges import KidToTraining
from pipelines.tasks.base import Progress
from pipelines.tasks.gan import GanTask, digests
from pipelines.tasks.results import GanTaskResult
from pipelines.workspace import CONFIG, TRAIN


def run(task: GanTask, outputs: Path, folder: Path, progress: Progress) -> GanTaskResult:
    """Train it; the folder then holds a generator that `ganaug.Bank` can use."""
    start = time.perf_counter()
    config = task.config.network_settings
    source = Images.load(outputs / task.instance / TRAIN)
    real, class_name = source, EVERY_CLASS
    if task.label is not None:
        real = source.select(np.flatnonzero(source.labels == task.label))
        class_name = source.class_names[task.label]
    expand = task.config.expand
    images, labels = real.pixels, real.labels
    if expand:
        images, labels = Expansion(real, expand, config.seed).everything()
    conditional = config.scope == "conditional"
    options: dict[str, Any] = {
        "progress": progress,
        "backbone": partial(feature_pyramid, config.backbone, config.backbone_size),
        "quality": KidToTraining.of(real.pixels, config.judge, real.labels if conditional else None)
        if config.judge
        else None,
    }
    prepared = time.perf_counter() - start
    if conditional:
        record = train_classes(images, labels, source.class_names, config, folder, **options)
    else:
        record = train(images, config, folder, class_name=class_name, **options)
    if expand:
        for path in folder.rglob(CONFIG):  # of each class: by it the real images are found again
            write_json(path, read_json(path) | {"expanded": expand})
    return GanTaskResult(
        class_name=class_name,
        images=len(images),
        steps=int(record.history["step"][-1]),
        kept_step=record.kept_step,
        restarts=len(record.restarts),
        warnings=[f"step {step}: {reason}" for step, reason in record.warnings],
        history=record.history,
        files=digests(folder),
        effort=task.effort,
        seconds=prepared + record.seconds,
    )
