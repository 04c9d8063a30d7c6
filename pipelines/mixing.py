"""Real and synthetic images, joined into one tf.data pipeline."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from ganaug import Bank
from pipelines.augment import apply, parse
from pipelines.images import Images

if TYPE_CHECKING:
    from pipelines.recipe import MixConfig


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
    real: Images,
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
        data = _shared(real, _required(synthetic), config.share, batch, seed)
    else:
        pool = real
        if config.strategy == "concatenate":
            pool = Images.concatenate([real, _required(synthetic)])
        dataset = _shuffled(pool, seed).batch(batch).repeat()
        data = TrainingData(dataset, -(-len(pool) // batch), len(pool))
    classes = len(real.class_names)
    batches = data.dataset.map(
        lambda images, labels: (
            tf.cast(images, tf.float32) / 255.0,
            tf.one_hot(labels, classes, dtype=tf.float32),
        ),
        num_parallel_calls=1,
    )
    batches = apply(
        batches,
        parse(augment),
        seed=seed,
        epoch_size=data.steps_per_epoch * min(batch, data.images),
    )
    return TrainingData(batches.prefetch(2), data.steps_per_epoch, data.images)


def _shuffled(images: Images, seed: int) -> tf.data.Dataset:
    """Return single images from memory, in a new order each time round."""
    dataset = tf.data.Dataset.from_tensor_slices((images.images, images.labels))
    return dataset.shuffle(len(images), seed=seed, reshuffle_each_iteration=True)


def _shared(real: Images, synthetic: Images, share: float, batch: int, seed: int) -> TrainingData:
    """Fill a fixed share of every batch with synthetic images.

    An epoch has as many steps as one of the real images alone: arms are compared at equally many
    optimiser steps, or the extra steps would be credited to the synthetic images.
    """
    size = min(batch, len(real))
    fakes = min(max(1, round(share * size)), size - 1)
    halves = (
        _shuffled(real, seed).repeat().batch(size - fakes),
        _shuffled(synthetic, seed + 1).repeat().batch(fakes),
    )
    dataset = tf.data.Dataset.zip(halves).map(
        lambda ours, theirs: tuple(tf.concat(pair, 0) for pair in zip(ours, theirs, strict=True)),
        num_parallel_calls=1,
    )
    return TrainingData(dataset, -(-len(real) // batch), len(real) + len(synthetic))


def _required(synthetic: Images | None) -> Images:
    if synthetic is None:
        raise ValueError("this mixing strategy needs synthetic images, received none")
    return synthetic
