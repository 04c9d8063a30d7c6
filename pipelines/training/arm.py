"""One arm on one instance: its images, however they are changed and joined, to a classifier."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.inference.ensembles import as_one_model, soft_vote, validation_weights
from classifiers.inference.probabilities import probabilities
from classifiers.training.callbacks import Progress
from classifiers.training.starts import (
    Attempt,
    attempts,
    never_learned,
    together,
    until_it_starts,
)
from classifiers.training.train import FitHooks
from classifiers.training.trainer import FitResult
from ganaug.bank.bank import Bank
from pipelines.data.images import Images
from pipelines.data.splits import Fold, stratified_folds, stratified_split
from pipelines.recipes.recipe import Arm
from pipelines.synthetic.origins import Synthetic
from pipelines.training.ways import FittedArm, Member, fit_network, labelled, way_of

NEXT_MEMBER = 1000
"""Between the seeds of an ensemble's members; those of instances count up by one."""


def fit_arm(
    arm: Arm,
    train: Images,
    synthetic: Synthetic | None,
    test: Images | None,
    *,
    valid: Images | None = None,
    cache: Path,
    bank: Bank | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    progress: Progress | None = None,
    scratch: Path | None = None,
) -> FittedArm:
    """Train the classifier of an arm, or its ensemble of them.

    Where a network does not start, it is trained again in other ways: see `TrainConfig.retries`.

    Parameters
    ----------
    arm
        Every setting.
    train, test
        Real images; those of ``test`` influence nothing. None: the classifier is not tested.
    synthetic
        Images that join the real ones, or None.
    valid
        Images that watch every training, in place of those that `TrainConfig.validation` leaves
        out; None where the source sets none apart.
    cache
        Folder that keeps features between runs.
    bank
        Generators whose discriminator becomes the classifier, for the strategy `dada`.
    callbacks
        Watch the first member.
    progress
        Called with epochs done and epochs in all, over all members.
    scratch
        Folder in which images on disk lie while they are trained on; None: the system's.
    """
    fit_member = way_of(arm, joined=synthetic is not None)
    parts = _parts(arm.train, train, valid)
    fitted = []
    for number, part in enumerate(parts):
        seed = arm.train.seed + NEXT_MEMBER * number
        own = arm.model_copy(update={"train": arm.train.model_copy(update={"seed": seed})})
        hooks: FitHooks = {
            "test": None if test is None else labelled(test),
            "callbacks": callbacks if number == 0 else (),
            "progress": partial(_report, progress, number, len(parts)),
        }
        if part.left_out is not None:
            hooks["validation"] = labelled(part.left_out)
        member = Member(own, part.train, synthetic, test, cache, bank, hooks, scratch)
        fitted.append(_until_it_starts(fit_member, member))
    if len(fitted) == 1:
        return fitted[0]
    joined = _vote([one.fit for one in fitted], [part.left_out for part in parts], test, arm.train)
    return FittedArm(joined, fitted[0].images)


def _until_it_starts(fit_member: Callable[[Member], FittedArm], member: Member) -> FittedArm:
    """Train a classifier, and again in other ways where it does not start."""

    def trained(way: Attempt) -> FittedArm:
        own = member.arm.model_copy(update={"train": way.config})
        return fit_member(replace(member, arm=own, standardise=way.standardise))

    def failed(fitted: FittedArm) -> bool:
        def answers() -> NDArray[np.float32]:
            return probabilities(fitted.fit.model, member.train.pixels)

        joined = member.synthetic is not None
        return never_learned(fitted.fit.history, answers, member.train.labels, joined=joined)

    ways = attempts(member.arm.train, fresh=fit_member is fit_network)
    fitted, start = until_it_starts(trained, failed, lambda one: one.fit.steps, ways)
    return replace(fitted, fit=replace(fitted.fit, start=start))


class _Part(NamedTuple):
    """The real images of one member: those that it trains on, and those that watch."""

    train: Images
    left_out: Images | None


def _parts(config: TrainConfig, train: Images, valid: Images | None) -> list[_Part]:
    """Return the images of each member."""
    if config.probe:  # fitted in closed form: a second one would be the same
        return [_Part(train, None)]
    if config.folds:
        splits = stratified_folds(
            train.labels,
            config.folds,
            config.seed,
            groups=train.groups(),
            names=train.class_names,
        )
        return [_Part(train.select(kept), train.select(left_out)) for kept, left_out in splits]
    if valid is not None:
        return [_Part(train, valid)] * config.members
    if config.validation:
        kept, left_out = _watched(config, train)
        return [_Part(train.select(kept), train.select(left_out))] * config.members
    return [_Part(train, None)] * config.members


def trained_on(config: TrainConfig, train: Images) -> Images:
    """Return the real images without those that `TrainConfig.validation` leaves out.

    What joins the real images is made from these: copies of the others would be trained on.
    """
    if config.probe or config.folds or not config.validation:
        return train
    return train.select(_watched(config, train)[0])


def _watched(config: TrainConfig, train: Images) -> Fold:
    """Return the positions of the images to train on, and of those that watch."""
    return stratified_split(
        train.labels,
        config.validation,
        config.seed,
        groups=train.groups(),
        names=train.class_names,
    )


def _report(progress: Progress | None, before: int, members: int, done: int, total: int) -> None:
    """Count epochs on from those of earlier members."""
    if progress is not None:
        progress(before * total + done, members * total)


def _vote(
    results: Sequence[FitResult],
    left_out: Sequence[Images | None],
    test: Images | None,
    config: TrainConfig,
) -> FitResult:
    """Join trainings into one whose classifier votes softly; the curves are the first one's."""
    tested = [one.test_probabilities for one in results if one.test_probabilities is not None]
    unseen = [
        (images.labels, probabilities(one.model, images.pixels, tta=config.tta))
        for one, images in zip(results, left_out, strict=True)
        if images is not None
    ]
    weights = None
    if unseen and not config.folds:  # all members left the same images out
        weights = validation_weights(np.stack([p for _, p in unseen]), unseen[0][0])
    joined, accuracy_at = None, {}
    if test is not None:
        joined = np.asarray(soft_vote(np.stack(tested), weights), np.float32)
        last = len(results[0].history["loss"])
        accuracy_at = {last: float(np.mean(joined.argmax(axis=1) == test.labels))}
    return replace(
        results[0],
        model=as_one_model([one.model for one in results], weights),
        accuracy_at=accuracy_at,
        test_probabilities=joined,
        steps=sum(one.steps for one in results),
        seconds=sum(one.seconds for one in results),
        left_out=tuple(float((p.argmax(axis=1) == labels).mean()) for labels, p in unseen)
        if config.folds
        else (),
        start=together([one.start for one in results]),
    )
