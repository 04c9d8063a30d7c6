"""The work of a `PaceTask`: a training of two short epochs, or the features of some images."""

import itertools
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.errors import DivergedError
from classifiers.frozen.head import trains_head_only
from classifiers.training.phases import model_params
from pipelines.data.images import Images
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.recipe import Arm
from pipelines.tasks.base import Progress
from pipelines.tasks.pace import Pace, PaceTask
from pipelines.training.arm import fit_arm
from pipelines.workspace import TRAIN, features_folder

EPOCHS = 2
"""The first one holds what happens once."""
BATCHES = 3
"""Steps an epoch."""
EMBEDDED = 64
"""Images whose features are computed at once."""


def run(task: PaceTask, outputs: Path, folder: Path, progress: Progress) -> Pace:
    """Time it; the features that come of it are kept for the trainings that follow."""
    train = Images.load(outputs / task.instance / TRAIN)
    arm, cache = shortened(task.arm), features_folder(outputs)
    stamps = [time.perf_counter()]
    embeds = bool(arm.train.probe) or trains_head_only(arm.train)

    def note(done: int, total: int) -> None:
        if not embeds:
            stamps.append(time.perf_counter())

    # Of features the first call holds what happens once; of a training the first epoch.
    parts = _parts(train, EMBEDDED if embeds else BATCHES * arm.train.batch)[: 1 + embeds]
    for part in parts:
        with suppress(DivergedError):  # the steps until then were timed all the same
            fit_arm(arm, part, None, None, cache=cache, progress=note, scratch=folder)
        if embeds:
            stamps.append(time.perf_counter())
    taken = np.diff(stamps)
    later = taken[1:]
    an_image = float(later.mean() / len(parts[0])) if len(later) else 0.0
    start = max(0.0, float(taken[0]) - an_image * len(parts[0])) if len(taken) else 0.0
    return Pace(start=start, an_image=an_image, seconds=time.perf_counter() - stamps[0])


def shortened(arm: Arm) -> Arm:
    """Return an arm that trains for a moment, on real images alone."""
    changes: dict[str, object] = {
        "epochs": EPOCHS,
        "frozen_epochs": EPOCHS if trains_head_only(arm.train) else 0,
        "thaw_every": 0,
        "evaluate_at": (),
        "patience": 0,
        "validation": 0.0,
        "members": 1,
        "folds": 0,
        "wandb_project": None,
    }
    if not arm.train.probe:  # what freezing implies would go with it
        changes["model_params"] = model_params(arm.train)
    train: TrainConfig = arm.train.model_copy(update=changes)
    return arm.model_copy(update={"train": train, "mix": MixConfig(), "expand": ""})


def _parts(train: Images, size: int) -> list[Images]:
    """Return images in parts of some size, the classes taken in turn; a short one only if alone."""
    order = _in_turn(train.labels)
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    whole = [part for part in parts if len(part) == size] or parts[:1]
    return [train.select(part) for part in whole]


def _in_turn(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return positions so that the first few are of all classes."""
    own = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    turns = itertools.zip_longest(*own)
    return np.array([i for turn in turns for i in turn if i is not None], np.int64)
