"""The order in which a classifier sees real and synthetic images: one tf.data pipeline."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.augment import apply, parse
from pipelines.augment import lazy as tf
from pipelines.augment.draws import Draws
from pipelines.augment.offline import Expansion
from pipelines.augment.types import Tensor
from pipelines.errors import InputError
from pipelines.mixing.stream import AHEAD, steps_per_epoch, stream
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.mix import MixConfig
from pipelines.synthetic.origins import Synthetic, Targets

_INPUT = InputConfig()
_KINDS = 255  # place of the draws of `whole_batches`, behind those of every augmentation


@dataclass(frozen=True)
class TrainingData:
    """What a classifier is trained on.

    Attributes
    ----------
    dataset
        Endless batches of (float32 images in 0..1 [B, H, W, 3], float32 labels [B, K], of `dada`
        [B, 2 K]), and of weights float32 [B] where synthetic images weigh more or less than real
        ones.
    steps_per_epoch
        Batches that make one epoch.
    images
        Distinct images that are trained on, before augmentation.
    """

    dataset: Any
    steps_per_epoch: int
    images: int


@dataclass(frozen=True)
class _Part:
    """Images of one kind with their labels."""

    images: Expansion
    targets: Targets
    config: InputConfig
    folder: Path | None

    def batches(self, size: int, seed: int, *, full: bool = True) -> Any:
        """Return endless batches without augmentation: that comes after the join."""
        return stream(
            self.images,
            parse(""),
            batch=size,
            seed=seed,
            config=self.config,
            folder=self.folder,
            full=full,
            targets=self.targets,
        )


def mix(
    real: Expansion,
    synthetic: Synthetic | None,
    config: MixConfig,
    *,
    batch: int,
    epochs: int,
    augment: str,
    seed: int,
    feed: InputConfig = _INPUT,
    folder: Path | None = None,
) -> TrainingData:
    """Join real and synthetic images by ``config.strategy``.

    An epoch has as many steps as one of the real images alone, whatever the strategy; that of
    `concatenate` alone is longer, as in study P9: compare it with the same strategy and
    `origin = "copies"`.

    Parameters
    ----------
    real, synthetic
        Images of the same classes and size; ``synthetic`` is not looked at when the strategy is
        `none`.
    config
        The strategy, its fraction, and the weight of synthetic images.
    batch
        Images in a batch. With `none` and `concatenate` the last batch of an epoch is smaller when
        the pool does not divide; with the others all are equally large.
    epochs
        How many there will be: `pretrain` divides their steps.
    augment
        Augmentation in the string language of `pipelines.augment`, for real and synthetic alike.
    seed
        Fixes the order and the augmentation.
    feed
        How batches are prepared. With ``on_device`` they come as they are: whoever trains augments
        them (:class:`pipelines.augment.device.InStep`).
    folder
        Where images on disk lie.

    Raises
    ------
    InputError
        If a batch or a training is too small to hold both kinds.
    """
    weigh = config.strategy != "none" and config.synthetic_weight != 1
    twice = config.strategy == "dada"  # as many classes again, for generated images
    labels = real.copies.one_hot()
    labels = _both_kinds(labels, generated=False) if twice else labels
    ours = _part(real, labels, 1 if weigh else None, feed, folder and folder / "real")
    steps, images = steps_per_epoch(real, batch), len(real)
    size = min(batch, images)
    epoch_size = steps * size
    if config.strategy == "none":
        joined, epoch_size = ours.batches(batch, seed, full=False), images
    else:
        added = _required(synthetic)
        expansion = Expansion(added.images, "")
        labels = _both_kinds(added.targets, generated=True) if twice else added.targets
        weight = config.synthetic_weight if weigh else None
        theirs = _part(expansion, labels, weight, feed, folder and folder / "synthetic")
        images += len(expansion)
        if config.strategy == "concatenate":
            pool = replace(
                ours,
                images=real.with_more(added.images),
                targets=np.concatenate([ours.targets, theirs.targets]),
            )
            joined, epoch_size = pool.batches(batch, seed, full=False), images
            steps = steps_per_epoch(pool.images, batch)
        elif config.strategy in ("fraction", "dada"):
            joined = _shared(ours, theirs, config.fraction, size, seed)
        elif config.strategy == "pretrain":
            joined = _pretrained(ours, theirs, config.fraction, size, steps * epochs, seed)
        else:
            joined = _whole_batches(ours, theirs, config.fraction, size, seed)
    dataset = joined
    if not feed.on_device:
        dataset = apply(joined, parse(augment), seed, epoch_size=epoch_size, workers=feed.workers)
    if weigh:
        dataset = dataset.map(_weight_apart)
    return TrainingData(dataset.prefetch(AHEAD), steps, images)


def _part(
    images: Expansion,
    targets: Targets,
    weight: float | None,
    config: InputConfig,
    folder: Path | None,
) -> _Part:
    """Append the weight to the labels, as a column: MixUp and CutMix then blend it like a label."""
    if weight is not None:
        targets = np.pad(targets, ((0, 0), (0, 1)), constant_values=weight)
    return _Part(images, targets, config, folder)


def _both_kinds(targets: Targets, *, generated: bool) -> Targets:
    """Turn labels ``[N, K]`` into those of real or of generated images, ``[N, 2 K]``."""
    nothing = np.zeros_like(targets)
    return np.concatenate([nothing, targets] if generated else [targets, nothing], axis=1)


def _weight_apart(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return images, targets[:, :-1], targets[:, -1]


def _shared(ours: _Part, theirs: _Part, fraction: float, size: int, seed: int) -> Any:
    """Fill a fixed fraction of every batch with synthetic images."""
    if size < 2:
        raise InputError(
            "mix.strategy 'fraction' needs batches of 2 or more, received 1: raise batch"
        )
    fakes = min(max(1, round(fraction * size)), size - 1)
    halves = (ours.batches(size - fakes, seed), theirs.batches(fakes, seed + 1))
    return tf.data.Dataset.zip(halves).map(
        lambda real, fake: tuple(tf.concat(pair, 0) for pair in zip(real, fake, strict=True))
    )


def _pretrained(
    ours: _Part, theirs: _Part, fraction: float, size: int, steps: int, seed: int
) -> Any:
    """Give synthetic images alone for a fraction of all steps, then real ones alone.

    Optimiser and schedule run on ("bridged transfer", Li et al. 2024, on synthetic images of
    text-to-image models).
    """
    if steps < 2:
        raise InputError(
            "mix.strategy 'pretrain' needs 2 optimiser steps or more, received 1: raise epochs"
        )
    first = min(max(1, round(fraction * steps)), steps - 1)
    return theirs.batches(size, seed + 1).take(first).concatenate(ours.batches(size, seed))


def _whole_batches(ours: _Part, theirs: _Part, fraction: float, size: int, seed: int) -> Any:
    """Make each batch synthetic with a probability, else real (GLICO, Azuri & Weinshall 2020)."""

    def kind(step: Tensor) -> Tensor:
        return tf.cast(Draws(seed, _KINDS, step).uniform([]) < fraction, tf.int64)

    kinds = tf.data.Dataset.range(np.iinfo(np.int64).max).map(kind)
    return tf.data.Dataset.choose_from_datasets(
        [ours.batches(size, seed), theirs.batches(size, seed + 1)], kinds
    )


def _required(synthetic: Synthetic | None) -> Synthetic:
    if synthetic is None:
        raise ValueError("this mixing strategy needs synthetic images, received none")
    return synthetic
