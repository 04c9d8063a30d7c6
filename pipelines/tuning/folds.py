"""Folds inside the training images, as instances: a trial never sees a test image."""

from collections.abc import Sequence
from pathlib import Path

from groundwork.files import read_json
from pipelines.comparison.instances import Drawn, write_instance
from pipelines.data.images import Images
from pipelines.data.instances import Instance
from pipelines.data.pool import Pool, in_memory
from pipelines.data.reader import Preparation
from pipelines.data.splits import stratified_folds
from pipelines.errors import InputError
from pipelines.recipes.search import TuneConfig
from pipelines.workspace import PREPARATION, TRAIN, VALID


def make_folds(drawn: Sequence[Drawn], config: TuneConfig, outputs: Path) -> list[Drawn]:
    """Split the training images of every instance; what is left out stands as the test part.

    With ``config.validation`` nothing is left out: the instance's validation images stand there.
    Generators of a fold are trained on that fold's training part, like everything else, so no
    validation image reaches a classifier through them. Validation images that the instances set
    apart watch the trials, as they watch the trainings that are tested.

    Returns
    -------
    list of Drawn
        The first fold of every instance, then the second: fewer of them are still fair.

    Raises
    ------
    InputError
        If an instance has no validation images where they are asked for.
    """
    if config.validation:
        return [_watched(one, outputs) for one in drawn]
    by_fold: list[list[Drawn]] = []
    for one in drawn:
        pool = _pool(one, TRAIN, outputs)
        valid = _pool(one, VALID, outputs) if _has_validation(one, outputs) else None
        splits = stratified_folds(
            pool.labels,
            config.folds,
            config.seed + one.record.seed,
            repeats=config.repeats,
            groups=pool.groups(),
            names=pool.class_names,
        )
        for number, (kept, left_out) in enumerate(splits):
            fold = Instance(
                train=pool.select(kept),
                test=pool.select(left_out),
                seed=len(splits) * one.record.seed + number,
                classes=tuple(one.record.classes),
                notes=(f"fold {number + 1} of {len(splits)}",),
                valid=valid,
            )
            if number == len(by_fold):
                by_fold.append([])
            by_fold[number].append(write_instance(fold, outputs, one.size))
    return [one for fold in by_fold for one in fold]


def _watched(one: Drawn, outputs: Path) -> Drawn:
    """Return an instance whose validation images stand as its test part."""
    if not _has_validation(one, outputs):
        raise InputError(
            "tune.validation: no validation images are set apart; say so with data.protocol "
            "'shares', or data.own_validation, or leave it out for folds"
        )
    fold = Instance(
        train=_pool(one, TRAIN, outputs),
        test=_pool(one, VALID, outputs),
        seed=one.record.seed,
        classes=tuple(one.record.classes),
        notes=("validation",),
    )
    return write_instance(fold, outputs, one.size)


def _has_validation(one: Drawn, outputs: Path) -> bool:
    return (outputs / one.at[one.size].folder / VALID).is_file()


def _pool(one: Drawn, name: str, outputs: Path) -> Pool:
    """Return images of an instance, prepared as they are."""
    folder = outputs / one.at[one.size].folder
    prepared = Preparation.model_validate(read_json(folder / PREPARATION))
    return in_memory(Images.load(folder / name), prepared, done=True)
