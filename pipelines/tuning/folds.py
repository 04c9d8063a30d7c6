"""Folds inside the training images, as instances: a trial never sees a test image."""

from collections.abc import Sequence
from pathlib import Path

from groundwork.files import read_json
from pipelines.comparison.instances import Drawn, write_instance
from pipelines.data.images import Images
from pipelines.data.instances import Instance
from pipelines.data.pool import in_memory
from pipelines.data.reader import Preparation
from pipelines.data.splits import stratified_folds
from pipelines.recipes.search import TuneConfig
from pipelines.workspace import PREPARATION, TRAIN


def make_folds(drawn: Sequence[Drawn], config: TuneConfig, outputs: Path) -> list[Drawn]:
    """Split the training images of every instance; what is left out stands as the test part.

    Generators of a fold are trained on that fold's training part, like everything else, so no
    validation image reaches a classifier through them.

    Returns
    -------
    list of Drawn
        The first fold of every instance, then the second: fewer of them are still fair.
    """
    by_fold: list[list[Drawn]] = []
    for one in drawn:
        folder = outputs / one.at[one.size].folder
        train = Images.load(folder / TRAIN)
        pool = in_memory(train, Preparation.model_validate(read_json(folder / PREPARATION)))
        splits = stratified_folds(
            train.labels,
            config.folds,
            config.seed + one.record.seed,
            repeats=config.repeats,
            groups=train.groups(),
        )
        for number, (kept, left_out) in enumerate(splits):
            fold = Instance(
                train=pool.select(kept),
                test=pool.select(left_out),
                seed=len(splits) * one.record.seed + number,
                classes=tuple(one.record.classes),
                notes=(f"fold {number + 1} of {len(splits)}",),
            )
            if number == len(by_fold):
                by_fold.append([])
            by_fold[number].append(write_instance(fold, outputs, one.size))
    return [one for fold in by_fold for one in fold]
