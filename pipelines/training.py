"""One arm on one instance: its images, however they are changed and joined, to a classifier."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

import classifiers
from classifiers import FitResult
from classifiers.callbacks import Progress, TestAt
from classifiers.config import TrainConfig
from classifiers.fitting import Watching, Wrap
from ganaug import Bank
from pipelines.augment import parse
from pipelines.augment.device import InStep
from pipelines.expand import Expansion
from pipelines.images import Images
from pipelines.mixing import Synthetic, TrainingData, mix
from pipelines.mixing.dada import folded, turned_discriminator
from pipelines.recipe import Arm
from pipelines.splits import stratified_folds, stratified_split

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
    parts = _parts(config, train)
    for number, (kept, left_out) in enumerate(parts):
        own = config.model_copy(update={"seed": config.seed + NEXT_MEMBER * number})
        member = arm.model_copy(update={"train": own})
        watching: Watching = {
            "test": (test.images, test.labels),
            "callbacks": callbacks if number == 0 else (),
            "progress": partial(_report, progress, number, len(parts)),
        }
        if left_out is not None:
            watching["validation"] = left_out.images, left_out.labels
        members.append(fit(member, kept, synthetic, cache, watching))
    results = [result for result, _ in members]
    if len(results) > 1:
        return _vote(results, [part.left_out for part in parts], test, config), members[0][1]
    return results[0], members[0][1]


class _Part(NamedTuple):
    """The real images of one member: those that it trains on, and those that watch."""

    train: Images
    left_out: Images | None


def _parts(config: TrainConfig, train: Images) -> list[_Part]:
    """Return the images of each member."""
    if config.folds:
        splits = stratified_folds(train.labels, config.folds, config.seed)
        return [_Part(train.select(kept), train.select(left_out)) for kept, left_out in splits]
    if config.validation:
        kept, left_out = stratified_split(train.labels, config.validation, config.seed)
        return [_Part(train.select(kept), train.select(left_out))] * config.members
    return [_Part(train, None)] * config.members


def _report(progress: Progress | None, before: int, members: int, done: int, total: int) -> None:
    """Count epochs on from those of earlier members."""
    if progress is not None:
        progress(before * total + done, members * total)


def _vote(
    results: Sequence[FitResult],
    left_out: Sequence[Images | None],
    test: Images,
    config: TrainConfig,
) -> FitResult:
    """Join trainings into one whose classifier votes softly; the curves are the first one's."""
    chances = [one.test_probabilities for one in results if one.test_probabilities is not None]
    unseen = [
        (images.labels, classifiers.probabilities(one.model, images.images, tta=config.tta))
        for one, images in zip(results, left_out, strict=True)
        if images is not None
    ]
    weights = None
    if unseen and not config.folds:  # all members left the same images out
        weights = classifiers.validation_weights(np.stack([p for _, p in unseen]), unseen[0][0])
    joined = np.asarray(classifiers.soft_vote(np.stack(chances), weights), np.float32)
    last = len(results[0].history["loss"])
    return replace(
        results[0],
        model=classifiers.as_one_model([one.model for one in results], weights),
        accuracy_at={last: float(np.mean(joined.argmax(axis=1) == test.labels))},
        test_probabilities=joined,
        steps=sum(one.steps for one in results),
        seconds=sum(one.seconds for one in results),
        left_out=tuple(float((p.argmax(axis=1) == labels).mean()) for labels, p in unseen)
        if config.folds
        else (),
    )


@contextmanager
def _batches(
    arm: Arm, train: Images, synthetic: Synthetic | None
) -> Iterator[tuple[TrainingData, Wrap | None]]:
    """Give the batches of an arm, joined as it says, and what augments them in the step, if so.

    Images on disk are gone afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        data = mix(
            Expansion(train, arm.expand, arm.train.seed),
            synthetic,
            arm.mix,
            batch=arm.train.batch,
            epochs=arm.train.epochs,
            augment=arm.augment,
            seed=arm.train.seed,
            feed=arm.input,
            folder=Path(folder),
        )
        in_step = None
        if arm.input.on_device:
            in_step = partial(
                InStep,
                augmentation=parse(arm.augment),
                seed=arm.train.seed,
                steps_per_epoch=data.steps_per_epoch,
            )
        yield data, in_step


def _network(
    arm: Arm, train: Images, synthetic: Synthetic | None, cache: Path, watching: Watching
) -> tuple[FitResult, int]:
    """Train a network on batches."""
    with _batches(arm, train, synthetic) as (data, in_step):
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
    """Train a discriminator on as a classifier; what is tested is the classifier it becomes."""
    if bank is None:
        raise ValueError("the strategy 'dada' needs a bank, received none")
    config = arm.train
    network = turned_discriminator(bank, config.seed)
    model = folded(network)
    tester = TestAt(config.evaluate_at, (test.images, test.labels), config.tta, model)
    with _batches(arm, train, synthetic) as (data, in_step):
        fitted = classifiers.fit(
            network,
            data.dataset,
            config,
            steps_per_epoch=data.steps_per_epoch,
            wrap=in_step,
            callbacks=[*watching["callbacks"], tester],
            progress=watching["progress"],
        )
    chances = tester.record(len(fitted.history["loss"]))
    done = replace(fitted, model=model, accuracy_at=tester.accuracy_at, test_probabilities=chances)
    return done, data.images


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
        **watching,
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
