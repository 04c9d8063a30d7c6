"""Augmentations that move pixels: flips, shifts, crops, rotation."""

import numpy as np

from pipelines.augment import lazy as tf
from pipelines.augment.batch import Batch
from pipelines.augment.draws import Draws
from pipelines.augment.registry import augmentation
from pipelines.augment.types import Degrees, Pixels, Probability, Sampling, Tensor, Unit
from pipelines.augment.warp import Edge, Warp
from pipelines.errors import InputError

_ASPECT = 4 / 3  # widest crop of `resized_crop`, as in Inception's training


@augmentation()
def flip(batch: Batch, draws: Draws, p: Probability = 0.5) -> Batch:
    """Mirror left and right."""
    return batch.moved(Warp(xx=1.0 - 2.0 * draws.chosen([batch.count], p)))


@augmentation()
def alternating_flip(batch: Batch, draws: Draws) -> Batch:
    """Mirror half of the images at first, then every image in every other epoch.

    Which half is a hash of the pixels, so that an image needs no number: over two epochs the
    network sees each image both ways, never one way twice (airbench, Jordan 2024).
    """
    mirrored = (_coin(batch.images, draws) + batch.epoch) % 2
    return batch.moved(Warp(xx=1.0 - 2.0 * tf.cast(mirrored, tf.float32)))


def _coin(images: Tensor, draws: Draws) -> Tensor:
    """Return 0 or 1 for each image ``[B]``, always the same for the same pixels."""
    height, width = images.shape[1:3]
    every = -(-max(height, width) // 32)  # up to 32 x 32 pixels tell images apart
    pixels = tf.cast(tf.round(images[:, ::every, ::every] * 255), tf.int32)
    weights = np.random.default_rng(draws.seed).integers(1, 2**24, pixels.shape[1:], np.int32)
    total = tf.reduce_sum(pixels * (2 * weights + 1) % 65521, [1, 2, 3])
    return tf.cast(total // 8 % 2, tf.int64)


@augmentation()
def shift(batch: Batch, draws: Draws, px: Pixels = 4) -> Batch:
    """Move by up to `px` whole pixels each way; the border mirrors what is inside."""
    if px >= min(batch.size):
        height, width = batch.size
        raise InputError(
            f"shift(px={px}) cannot mirror images of {height}x{width}; "
            f"use px up to {min(batch.size) - 1}"
        )
    return batch.moved(_moved_by(batch, draws, px, "reflect"))


@augmentation()
def crop(batch: Batch, draws: Draws, px: Pixels = 4) -> Batch:
    """Pad with `px` black pixels on every side and cut the original size out at random."""
    return batch.moved(_moved_by(batch, draws, px, "black"))


def _moved_by(batch: Batch, draws: Draws, px: int, edge: Edge) -> Warp:
    x, y = (tf.cast(draws.integers([batch.count], -px, px), tf.float32) for _ in range(2))
    return Warp(x0=x, y0=y, edge=edge)


@augmentation(xla=False)
def resized_crop(batch: Batch, draws: Draws, low: Unit = 0.08, high: Unit = 1.0) -> Batch:
    """Cut out a rectangle of `low` to `high` of the area and stretch it to the full size.

    Its sides are between 3:4 and 4:3 as far as they fit into the image (Szegedy et al. 2015).
    """
    count = batch.count
    area = draws.uniform([count], low, high)
    stretch = tf.exp(draws.uniform([count], -np.log(_ASPECT), np.log(_ASPECT)) / 2)
    wide = tf.minimum(tf.sqrt(area) * stretch, 1.0)
    high_ = tf.minimum(tf.sqrt(area) / stretch, 1.0)
    height, width = batch.size
    warp = Warp(
        xx=wide,
        yy=high_,
        x0=draws.uniform([count], -0.5, 0.5) * (1 - wide) * (width - 1),
        y0=draws.uniform([count], -0.5, 0.5) * (1 - high_) * (height - 1),
        sampling="bilinear",
    )
    return batch.moved(warp)


@augmentation()
def rotation(
    batch: Batch,
    draws: Draws,
    low: Degrees = 0.0,
    high: Degrees = 180.0,
    sampling: Sampling = "nearest",
) -> Batch:
    """Turn counter-clockwise by `low` to `high` degrees; the corners are black."""
    angle = draws.uniform([batch.count], low, high) * (np.pi / 180)
    return batch.moved(rotated(angle, sampling))


def rotated(angle: Tensor, sampling: Sampling) -> Warp:
    """Return the move that turns by ``angle`` radians counter-clockwise, ``[B]``."""
    cos, sin = tf.cos(angle), tf.sin(angle)
    return Warp(xx=cos, xy=-sin, yx=sin, yy=cos, edge="black", sampling=sampling)
