"""The work of a `GanTask`: images of one class, or of all, to a trained generator."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from classifiers.models.backbones.efficientnet_lite import feature_pyramid
from ganaug.training.train import train, train_classes
from pipelines.data.images import EVERY_CLASS, Images
from pipelines.synthetic.judges import KidToTraining
from pipelines.tasks.base import Progress
from pipelines.tasks.gan import GanTask, digests
from pipelines.tasks.results import GanTaskResult
from pipelines.workspace import TRAIN


def run(task: GanTask, outputs: Path, folder: Path, progress: Progress) -> GanTaskResult:
    """Train it; the folder then holds a generator that `ganaug.Bank` can use."""
    start = time.perf_counter()
    config = task.config
    source = Images.load(outputs / task.instance / TRAIN)
    images, class_name = source.pixels, EVERY_CLASS
    if task.label is not None:
        images, class_name = source.of_class(task.label), source.class_names[task.label]
    labels = source.labels if config.scope == "conditional" else None
    options: dict[str, Any] = {
        "progress": progress,
        "backbone": partial(feature_pyramid, config.backbone, config.backbone_size),
        "quality": KidToTraining.of(images, config.judge, labels) if config.judge else None,
    }
    prepared = time.perf_counter() - start
    if labels is not None:
        record = train_classes(images, labels, source.class_names, config, folder, **options)
    else:
        record = train(images, config, folder, class_name=class_name, **options)
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
