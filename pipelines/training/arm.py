"""One arm on one instance: its images, however they are changed and joined, to a classifier."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from classifiers.config import TrainConfig
from classifiers.frozen.head import fit_head, trains_head_only
from classifiers.frozen.probe import fit_probe
from classifiers.inference.ensembles import as_one_model, soft_vote, validation_weights
from classifiers.inference.probabilities import probabilities
from classifiers.training.callbacks import Labelled, Progress, TestAt
from classifiers.training.train import FitHooks, Wrap, fit
from classifiers.training.train import train as train_network
from classifiers.training.trainer import FitResult
from ganaug.bank.bank import Bank
from pipelines.augment import parse
from pipelines.augment.device import InStep
from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.data.splits import stratified_folds, stratified_split
from pipelines.mixing.strategies import TrainingData, mix
from pipelines.recipes.recipe import Arm
from pipelines.synthetic.origins import Synthetic
from pipelines.training.dada import folded, turned_discriminator

NEXT_MEMBER = 1000
"""Between the seeds of an ensemble's members; those of instances count up by one."""


@dataclass(frozen=True)
class FittedArm:
    """The classifier of an arm.

    Attributes
    ----------
    fit
        The classifier, its curves, and what it says of the test images.
    images
        Distinct images that it was trained on, before augmentation.
    """

    fit: FitResult
    images: int


def fit_arm(
    arm: Arm,
    train: Images,
    synthetic: Synthetic | None,
    test: Images | None,
    *,
    cache: Path,
    bank: Bank | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    progress: Progress | None = None,
) -> FittedArm:
    """Train the classifier of an arm, or its ensemble of them.

    Parameters
    ----------
    arm
        Every setting.
    train, test
        Real images; those of ``test`` influence nothing. None: the classifier is not tested.
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
    """
    fit_member = _way(arm, joined=synthetic is not None)
    parts = _parts(arm.train, train)
    fitted = []
    for number, part in enumerate(parts):
        seed = arm.train.seed + NEXT_MEMBER * number
        own = arm.model_copy(update={"train": arm.train.model_copy(update={"seed": seed})})
        hooks: FitHooks = {
            "test": None if test is None else _labelled(test),
            "callbacks": callbacks if number == 0 else (),
            "progress": partial(_report, progress, number, len(parts)),
        }
        if part.left_out is not None:
            hooks["validation"] = _labelled(part.left_out)
        fitted.append(fit_member(_Member(own, part.train, synthetic, test, cache, bank, hooks)))
    if len(fitted) == 1:
        return fitted[0]
    joined = _vote([one.fit for one in fitted], [part.left_out for part in parts], test, arm.train)
    return FittedArm(joined, fitted[0].images)


@dataclass(frozen=True)
class _Member:
    """Everything that one classifier is trained from, and what looks on."""

    arm: Arm
    train: Images
    synthetic: Synthetic | None
    test: Images | None
    cache: Path
    bank: Bank | None
    hooks: FitHooks

    @property
    def classes(self) -> int:
        return len(self.train.class_names)


def _way(arm: Arm, *, joined: bool) -> Callable[[_Member], FittedArm]:
    """Return how the classifiers of an arm are trained; ``joined``: further images join."""
    if arm.train.probe:
        return _fit_probe
    if arm.mix.strategy == "dada":
        return _fit_dada
    as_they_are = not arm.augment and not arm.expand and not joined
    if as_they_are and trains_head_only(arm.train):
        return _fit_head
    return _fit_network


class _Part(NamedTuple):
    """The real images of one member: those that it trains on, and those that watch."""

    train: Images
    left_out: Images | None


def _parts(config: TrainConfig, train: Images) -> list[_Part]:
    """Return the images of each member."""
    if config.probe:  # fitted in closed form: a second one would be the same
        return [_Part(train, None)]
    if config.folds:
        splits = stratified_folds(train.labels, config.folds, config.seed, groups=train.groups())
        return [_Part(train.select(kept), train.select(left_out)) for kept, left_out in splits]
    if config.validation:
        kept, left_out = stratified_split(
            train.labels, config.validation, config.seed, groups=train.groups()
        )
        return [_Part(train.select(kept), train.select(left_out))] * config.members
    return [_Part(train, None)] * config.members


def _labelled(images: Images) -> Labelled:
    return images.pixels, images.labels


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
    )


@contextmanager
def _batches(member: _Member) -> Iterator[tuple[TrainingData, Wrap | None]]:
    """Give the batches of an arm, joined as it says, and what augments them in the step, if so.

    Images on disk are gone afterwards.
    """
    arm = member.arm
    with tempfile.TemporaryDirectory() as folder:
        data = mix(
            Expansion(member.train, arm.expand, arm.train.seed),
            member.synthetic,
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


def _fit_network(member: _Member) -> FittedArm:
    """Train a network on batches."""
    with _batches(member) as (data, in_step):
        fitted = train_network(
            data.dataset,
            member.arm.train,
            input_shape=(*member.train.size, 3),
            classes=member.classes,
            steps_per_epoch=data.steps_per_epoch,
            real=member.train.pixels,
            wrap=in_step,
            **member.hooks,
        )
    return FittedArm(fitted, data.images)


def _fit_dada(member: _Member) -> FittedArm:
    """Train a discriminator on as a classifier; what is tested is the classifier it becomes."""
    if member.bank is None:
        raise ValueError("the strategy 'dada' needs a bank, received none")
    config = member.arm.train
    network = turned_discriminator(member.bank, config.seed)
    model = folded(network)
    tester = None
    if member.test is not None:
        tester = TestAt(config.evaluate_at, _labelled(member.test), config.tta, model)
    with _batches(member) as (data, in_step):
        fitted = fit(
            network,
            data.dataset,
            config,
            steps_per_epoch=data.steps_per_epoch,
            wrap=in_step,
            callbacks=[*member.hooks["callbacks"], *([tester] if tester else [])],
            progress=member.hooks["progress"],
        )
    done = replace(fitted, model=model)
    if tester:
        tested = tester.record(len(fitted.history["loss"]))
        done = replace(done, accuracy_at=tester.accuracy_at, test_probabilities=tested)
    return FittedArm(done, data.images)


def _fit_head(member: _Member) -> FittedArm:
    """Train the head of a frozen backbone on its features."""
    fitted = fit_head(
        *_labelled(member.train),
        member.arm.train,
        classes=member.classes,
        cache=member.cache,
        **member.hooks,
    )
    return FittedArm(fitted, len(member.train))


def _fit_probe(member: _Member) -> FittedArm:
    """Fit a probe to all images as they are."""
    pool, joined = member.train, member.synthetic
    if joined is not None:
        pool = Images.concatenate([pool, joined.images])
    fitted = fit_probe(
        *_labelled(pool),
        member.arm.train,
        classes=member.classes,
        test=None if member.test is None else _labelled(member.test),
        cache=member.cache,
    )
    return FittedArm(fitted, len(pool))
