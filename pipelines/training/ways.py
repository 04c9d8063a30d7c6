"""The ways to train one classifier of an arm: a network, a head, a probe, a discriminator."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.frozen.head import fit_head, trains_head_only
from classifiers.frozen.probe import fit_probe
from classifiers.training.callbacks import Labelled
from classifiers.training.train import FitHooks, Wrap, fit
from classifiers.training.train import train as train_network
from classifiers.training.trainer import FitResult
from ganaug.bank.bank import Bank
from groundwork.files import scratch_folder
from pipelines.augment import parse
from pipelines.augment.device import InStep
from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.data.labelled import same_group
from pipelines.mixing.strategies import TrainingData, mix
from pipelines.recipes.recipe import Arm
from pipelines.synthetic.origins import Synthetic
from pipelines.training.dada import folded, turned_discriminator


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


@dataclass(frozen=True)
class Member:
    """Everything that one classifier is trained from, and what looks on.

    Attributes
    ----------
    arm
        Every setting.
    train
        The real images that it trains on.
    synthetic, test, cache, bank
        As for `pipelines.training.arm.fit_arm`.
    hooks
        What looks on.
    scratch
        As for `pipelines.training.arm.fit_arm`.
    standardise
        Whether the network is given a first layer that standardises images.
    """

    arm: Arm
    train: Images
    synthetic: Synthetic | None
    test: Images | None
    cache: Path
    bank: Bank | None
    hooks: FitHooks
    scratch: Path | None = None
    standardise: bool = False

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.train.class_names)


def way_of(arm: Arm, *, joined: bool) -> Callable[[Member], FittedArm]:
    """Return how the classifiers of an arm are trained; ``joined``: further images join."""
    if arm.train.probe:
        return _fit_probe
    if arm.mix.strategy == "dada":
        return _fit_dada
    as_they_are = not arm.augment and not arm.expand and not joined
    if as_they_are and trains_head_only(arm.train):
        return _fit_head
    return fit_network


def labelled(images: Images) -> Labelled:
    """Return the pixels and the labels."""
    return images.pixels, images.labels


@contextmanager
def _batches(member: Member) -> Iterator[tuple[TrainingData, Wrap | None]]:
    """Give the batches of an arm, joined as it says, and what augments them in the step, if so.

    Images on disk are gone afterwards.
    """
    arm = member.arm
    with scratch_folder(member.scratch or Path(tempfile.gettempdir())) as folder:
        data = mix(
            Expansion(member.train, arm.expand, arm.train.seed),
            member.synthetic,
            arm.mix,
            batch=arm.train.batch,
            epochs=arm.train.epochs,
            augment=arm.augment,
            seed=arm.train.seed,
            feed=arm.input,
            folder=folder,
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


def fit_network(member: Member) -> FittedArm:
    """Train a network on batches; it alone may be given standardised inputs."""
    with _batches(member) as (data, in_step):
        fitted = train_network(
            data.dataset,
            member.arm.train,
            input_shape=(*member.train.size, 3),
            classes=member.classes,
            steps_per_epoch=data.steps_per_epoch,
            real=member.train.pixels,
            standardise=member.standardise,
            wrap=in_step,
            **member.hooks,
        )
    return FittedArm(fitted, data.images)


def _fit_dada(member: Member) -> FittedArm:
    """Train a discriminator on as a classifier; what is tested and validated is that one."""
    if member.bank is None:
        raise ValueError("the strategy 'dada' needs a bank, received none")
    config = member.arm.train
    network = turned_discriminator(member.bank, config.seed)
    model = folded(network)
    hooks: FitHooks = {**member.hooks, "classifier": model}
    with _batches(member) as (data, in_step):
        fitted = fit(
            network,
            data.dataset,
            config,
            steps_per_epoch=data.steps_per_epoch,
            wrap=in_step,
            **hooks,
        )
    return FittedArm(replace(fitted, model=model), data.images)


def _fit_head(member: Member) -> FittedArm:
    """Train the head of a frozen backbone on its features."""
    fitted = fit_head(
        *labelled(member.train),
        member.arm.train,
        classes=member.classes,
        cache=member.cache,
        **member.hooks,
    )
    return FittedArm(fitted, len(member.train))


def _fit_probe(member: Member) -> FittedArm:
    """Fit a probe to all images as they are."""
    pool, groups = member.train, member.train.groups()
    if (joined := member.synthetic) is not None:
        pool = Images.concatenate([pool, joined.images])
        groups = same_group(pool.groups(), np.concatenate([groups, _groups(joined, groups)]))
    fitted = fit_probe(
        *labelled(pool),
        member.arm.train,
        classes=member.classes,
        test=None if member.test is None else labelled(member.test),
        cache=member.cache,
        groups=groups,
    )
    return FittedArm(fitted, len(pool))


def _groups(joined: Synthetic, real: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups of images that join real ones: copies are of those of their originals."""
    if joined.originals is not None:
        return np.asarray(real[joined.originals])
    return np.asarray(joined.images.groups() + 1 + real.max(initial=-1))
