"""Real and synthetic images, joined into one tf.data pipeline."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from ganaug import Bank
from pipelines.augment import apply, parse
from pipelines.expand import Expansion
from pipelines.images import Images
from pipelines.stream import InputConfig, steps_per_epoch, stream

if TYPE_CHECKING:
    from pipelines.recipe import MixConfig

_INPUT = InputConfig(workers=1)  # a task runs in a process of one thread


@dataclass(frozen=True)
class TrainingData:
    """What a classifier is trained on.

    Attributes
    ----------
    dataset
        Endless batches of (float32 images in 0..1 [B, H, W, 3], one-hot float32 labels [B, K]).
    steps_per_epoch
        Batches that make one epoch.
    images
        Distinct images in an epoch, before augmentation.
    """

    dataset: tf.data.Dataset
    steps_per_epoch: int
    images: int


def synthesise(bank: Bank, real: Images, config: "MixConfig", seed: int) -> Images:
    """Draw ``config.per_class`` images of each class of ``real`` from ``bank``.

    Raises
    ------
    InputError
        If the bank was trained on images of another size or lacks a class.
    """
    bank.require_size(real.size[0])
    drawn = [
        bank.sample(name, config.per_class, seed=seed, truncation=config.truncation)
        for name in real.class_names
    ]
    labels = np.repeat(np.arange(len(drawn)), config.per_class)
    return Images(np.concatenate(drawn), labels, real.class_names, f"synthetic {real.source}")


def mix(
    real: Expansion,
    synthetic: Images | None,
    config: "MixConfig",
    *,
    batch: int,
    augment: str,
    seed: int,
) -> TrainingData:
    """Join real and synthetic images by ``config.strategy``.

    Parameters
    ----------
    real, synthetic
        Images of the same classes and size; ``synthetic`` is not looked at when the strategy is
        ``none``.
    config
        The strategy and its share.
    batch
        Images in a batch. The last batch of an epoch is smaller when the pool does not divide.
    augment
        Augmentation in the string language of `pipelines.augment`, for real and synthetic alike.
    seed
        Fixes the order and the augmentation.
    """
    if config.strategy == "share":
        size = min(batch, len(real))
        joined = _shared(real, _required(synthetic), config.share, size, seed)
        steps, images = steps_per_epoch(real, batch), len(real) + len(_required(synthetic))
        epoch_size = steps * size
    else:
        pool = real
        if config.strategy == "concatenate":
            pool = real.with_more(_required(synthetic))
        joined = _stream(pool, batch, seed)
        steps, images, epoch_size = steps_per_epoch(pool, batch), len(pool), len(pool)
    augmented = apply(joined, parse(augment), seed=seed, epoch_size=epoch_size, workers=1)
    return TrainingData(augmented.prefetch(2), steps, images)


def _stream(images: Images | Expansion, batch: int, seed: int, *, full: bool = False) -> Any:
    """Return endless batches without augmentation: that comes after the join."""
    return stream(images, parse(""), batch=batch, seed=seed, config=_INPUT, full=full)


def _shared(real: Expansion, synthetic: Images, share: float, size: int, seed: int) -> Any:
    """Fill a fixed share of every batch with synthetic images.

    An epoch has as many steps as one of the real images alone: arms are compared at equally many
    optimiser steps, or the extra steps would be credited to the synthetic images.
    """
    fakes = min(max(1, round(share * size)), size - 1)
    halves = (
        _stream(real, size - fakes, seed, full=True),
        _stream(synthetic, fakes, seed + 1, full=True),
    )
    return tf.data.Dataset.zip(halves).map(
        lambda ours, theirs: tuple(tf.concat(pair, 0) for pair in zip(ours, theirs, strict=True)),
        num_parallel_calls=1,
    )


def _required(synthetic: Images | None) -> Images:
    if synthetic is None:
        raise ValueError("this mixing strategy needs synthetic images, received none")
    return synthetic
