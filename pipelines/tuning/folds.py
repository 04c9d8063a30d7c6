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
from pipelines.recipes.tuning import TuneConfig
from pipelines.workspace import PREPARATION, TRAIN, VALID


def make_folds(drawn: Sequence[Drawn], config: TuneConfig, outputs: Path) -> list[Drawn]:
    """Split the training images of every instance; what is left out stands as the test part.

    Validation images of the instance watch the trials, as they watch the training at the end. With
    ``config.validation`` nothing is left out: they stand where the test part is.
    Generators of a fold are trained on that fold's training part, like everything else, so no
    validation image reaches a classifier through them.

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
        pool, valid = _pool(one, TRAIN, outputs), _valid(one, outputs)
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
    valid = _valid(one, outputs)
    if valid is None:
        raise InputError(
            "tune.validation: no validation images are set apart; say so with data.protocol "
            "'shares', or data.own_validation, or leave it out for folds"
        )
    fold = Instance(
        train=_pool(one, TRAIN, outputs),
        test=valid,
        seed=one.record.seed,
        classes=tuple(one.record.classes),
        notes=("validation",),
    )
    return write_instance(fold, outputs, one.size)


def _valid(one: Drawn, outputs: Path) -> Pool | None:
    """Return the validation images of an instance; None where none are set apart."""
    there = (outputs / one.at[one.size].folder / VALID).is_file()
    return _pool(one, VALID, outputs) if there else None


def _pool(one: Drawn, name: str, outputs: Path) -> Pool:
    """Return images of an instance, prepared as they are."""
    folder = outputs / one.at[one.size].folder
    prepared = Preparation.model_validate(read_json(folder / PREPARATION))
    return in_memory(Images.load(folder / name), prepared, done=True)
