"""One arm on one instance: its images, however they are changed and joined, to a classifier."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

import classifiers
from classifiers import FitResult
from classifiers.callbacks import Progress
from classifiers.fitting import Watching
from ganaug import Bank
from pipelines.augment import parse
from pipelines.augment.device import InStep
from pipelines.expand import Expansion
from pipelines.images import Images
from pipelines.mixing import Synthetic, TrainingData, mix
from pipelines.mixing.dada import folded, turned_discriminator
from pipelines.recipe import Arm

NEXT_MEMBER = 1000
"""Between the seeds of an ensemble's members; those of instances count up by one."""


def fit_arm(
    arm: Arm,
    train: Images,
    synthetic: Synthetic | None,
    test: Images,
    *,
    cache: Path,
    bank: Bank | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    progress: Progress | None = None,
) -> tuple[FitResult, int]:
    """Train the classifier of an arm, or its ensemble of them.

    Parameters
    ----------
    arm
        Every setting.
    train, test
        Real images; those of ``test`` influence nothing.
    synthetic
        Images that join the real ones, or None.
    cache
        Folder that keeps features between runs.
    bank
        Generators whose discriminator becomes the classifier, for the strategy `dada`.
    callbacks
        Watch the first member.
    progress
        Called with epochs done and epochs in all, over all members.

    Returns
    -------
    tuple
        The classifier, and how many distinct images it saw.
    """
    config = arm.train
    as_they_are = not arm.augment and not arm.expand and synthetic is None
    if config.probe:
        return _probe(arm, train, synthetic, test, cache)
    fit = _head if as_they_are and classifiers.trains_head_only(config) else _network
    if arm.mix.strategy == "dada":
        fit = partial(_dada, bank=bank, test=test)
    members = []
    for number in range(config.members):
        own = config.model_copy(update={"seed": config.seed + NEXT_MEMBER * number})
        member = arm.model_copy(update={"train": own})
        watching: Watching = {
            "test": (test.images, test.labels),
            "callbacks": callbacks if number == 0 else (),
            "progress": partial(_report, progress, number, config.members),
        }
        members.append(fit(member, train, synthetic, cache, watching))
    results = [result for result, _ in members]
    return (results[0] if len(results) == 1 else _vote(results, test)), members[0][1]


def _report(progress: Progress | None, before: int, members: int, done: int, total: int) -> None:
    """Count epochs on from those of earlier members."""
    if progress is not None:
        progress(before * total + done, members * total)


def _tested(
    fitted: FitResult, model: keras.Model, chances: NDArray[np.float32], test: Images
) -> FitResult:
    """Return a training with another classifier in its place, and what that one answers."""
    accuracy = float(np.mean(chances.argmax(axis=1) == test.labels))
    last = len(fitted.history["loss"])
    return replace(fitted, model=model, accuracy_at={last: accuracy}, test_probabilities=chances)


def _vote(results: Sequence[FitResult], test: Images) -> FitResult:
    """Join trainings into one whose classifier votes softly; the curves are the first one's."""
    chances = [one.test_probabilities for one in results if one.test_probabilities is not None]
    joined = np.asarray(classifiers.soft_vote(np.stack(chances)), np.float32)
    model = classifiers.as_one_model([one.model for one in results])
    return replace(
        _tested(results[0], model, joined, test),
        steps=sum(one.steps for one in results),
        seconds=sum(one.seconds for one in results),
    )


def _batches(
    arm: Arm, train: Images, synthetic: Synthetic | None, folder: Path | None = None
) -> TrainingData:
    """Return the batches of an arm, changed and joined as it says."""
    return mix(
        Expansion(train, arm.expand, arm.train.seed),
        synthetic,
        arm.mix,
        batch=arm.train.batch,
        epochs=arm.train.epochs,
        augment=arm.augment,
        seed=arm.train.seed,
        feed=arm.input,
        folder=folder,
    )


def _network(
    arm: Arm, train: Images, synthetic: Synthetic | None, cache: Path, watching: Watching
) -> tuple[FitResult, int]:
    """Train a network on batches."""
    with tempfile.TemporaryDirectory() as scratch:
        data = _batches(arm, train, synthetic, Path(scratch))
        in_step = None
        if arm.input.on_device:
            in_step = partial(
                InStep,
                augmentation=parse(arm.augment),
                seed=arm.train.seed,
                steps_per_epoch=data.steps_per_epoch,
            )
        fitted = classifiers.train(
            data.dataset,
            arm.train,
            input_shape=(*train.size, 3),
            classes=len(train.class_names),
            steps_per_epoch=data.steps_per_epoch,
            real=train.images,
            wrap=in_step,
            **watching,
        )
    return fitted, data.images


def _dada(
    arm: Arm,
    train: Images,
    synthetic: Synthetic | None,
    cache: Path,
    watching: Watching,
    *,
    bank: Bank | None,
    test: Images,
) -> tuple[FitResult, int]:
    """Train a discriminator on as a classifier; it is tested once, as the classifier it becomes."""
    if bank is None:
        raise ValueError("the strategy 'dada' needs a bank, received none")
    network = turned_discriminator(bank, arm.train.seed)
    data = _batches(arm, train, synthetic)
    fitted = classifiers.fit(
        network,
        data.dataset,
        arm.train,
        steps_per_epoch=data.steps_per_epoch,
        callbacks=watching["callbacks"],
        progress=watching["progress"],
    )
    model = folded(network)
    chances = classifiers.probabilities(model, test.images, tta=arm.train.tta)
    return _tested(fitted, model, chances, test), data.images


def _head(
    arm: Arm, train: Images, synthetic: Synthetic | None, cache: Path, watching: Watching
) -> tuple[FitResult, int]:
    """Train the head of a frozen backbone on its features."""
    fitted = classifiers.fit_head(
        train.images,
        train.labels,
        arm.train,
        classes=len(train.class_names),
        cache=cache,
        test=watching["test"],
        callbacks=watching["callbacks"],
        progress=watching["progress"],
    )
    return fitted, len(train)


def _probe(
    arm: Arm, train: Images, synthetic: Synthetic | None, test: Images, cache: Path
) -> tuple[FitResult, int]:
    """Fit a probe to all images as they are."""
    pool = train if synthetic is None else Images.concatenate([train, synthetic.images])
    fitted = classifiers.fit_probe(
        pool.images,
        pool.labels,
        arm.train,
        classes=len(train.class_names),
        test=(test.images, test.labels),
        cache=cache,
    )
    return fitted, len(pool)
