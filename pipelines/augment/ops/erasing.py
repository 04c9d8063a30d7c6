"""Augmentations that hide a rectangle."""

from typing import Annotated

import numpy as np
from pydantic import Field

from pipelines.augment import lazy as tf
from pipelines.augment.batch import Batch
from pipelines.augment.draws import Draws
from pipelines.augment.registry import augmentation
from pipelines.augment.types import Pixels, Probability, Tensor, Unit

Aspect = Annotated[float, Field(ge=1, le=10)]
"""Longer side over shorter side."""


@augmentation()
def cutout(batch: Batch, draws: Draws, px: Pixels = 8, fill: Unit = 0.5) -> Batch:
    """Hide a square of `px` pixels anywhere, also over the edge (DeVries & Taylor 2017).

    The default `fill` is mid-grey, near the mean of photographs, as in the paper.
    """
    sides = tf.fill([batch.count], float(px))
    return _hidden(batch, rectangle(batch, draws, sides, sides), fill)


@augmentation()
def random_erasing(
    batch: Batch,
    draws: Draws,
    p: Probability = 0.5,
    low: Unit = 0.02,
    high: Unit = 0.33,
    aspect: Aspect = 3.3,
    fill: Unit = 0.5,
) -> Batch:
    """Hide a rectangle of `low` to `high` of the area (Zhong et al. 2017)."""
    count = batch.count
    height, width = batch.size
    area = draws.uniform([count], low, high) * (height * width)
    stretch = tf.exp(draws.uniform([count], -np.log(aspect), np.log(aspect)) / 2)
    chosen = draws.chosen([count], p)
    tall = tf.minimum(tf.round(tf.sqrt(area) * stretch), height) * chosen
    wide = tf.minimum(tf.round(tf.sqrt(area) / stretch), width) * chosen
    return _hidden(batch, rectangle(batch, draws, tall, wide, inside=True), fill)


def rectangle(
    batch: Batch, draws: Draws, tall: Tensor, wide: Tensor, *, inside: bool = False
) -> tuple[Tensor, Tensor]:
    """Mark a rectangle at random.

    Parameters
    ----------
    tall, wide
        Sides in whole pixels, ``[B]``.
    inside
        Keep the rectangle in the image; otherwise only its centre is, and it is cut at the edge.

    Returns
    -------
    rows, columns
        1.0 in the rectangle and 0.0 beside it, ``[B, H]`` and ``[B, W]``.
    """
    height, width = batch.size
    return _stretch(draws, height, tall, inside), _stretch(draws, width, wide, inside)


def mask(rows: Tensor, columns: Tensor) -> Tensor:
    """Return the product of rows ``[B, H]`` and columns ``[B, W]``, ``[B, H, W, 3]``."""
    (height, width), count = (rows.shape[1], columns.shape[1]), tf.shape(rows)[0]
    # Broadcasting over the three channels last takes four times as long as repeating them first.
    product = rows[:, :, None] * tf.repeat(columns, 3, axis=1)[:, None, :]
    return tf.reshape(product, [count, height, width, 3])


def _stretch(draws: Draws, size: int, length: Tensor, inside: bool) -> Tensor:
    """Mark ``length`` neighbours of ``size`` places in a row, ``[B, size]``."""
    if inside:
        start = tf.floor(draws.uniform(tf.shape(length), 0.0, size - length + 1))
    else:
        start = tf.floor(draws.uniform(tf.shape(length), 0.0, float(size))) - tf.floor(length / 2)
    place = tf.range(size, dtype=tf.float32)[None, :]
    after, before = place >= start[:, None], place < (start + length)[:, None]
    return tf.cast(after & before, tf.float32)


def _hidden(batch: Batch, rectangle: tuple[Tensor, Tensor], fill: float) -> Batch:
    images = batch.images
    return batch.with_images(images + (fill - images) * mask(*rectangle))
