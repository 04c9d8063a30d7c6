"""From images to endless shuffled batches: the input pipeline of a training."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipelines.augment import Augmentation, apply
from pipelines.augment import lazy as tf
from pipelines.augment.types import Tensor
from pipelines.errors import InputError
from pipelines.expand import Expansion
from pipelines.images import Images


class InputConfig(BaseModel):
    """Settings of the input pipeline: they change how fast batches come, never what they hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    workers: int | None = Field(None, ge=0, le=64)
    """Batches prepared side by side; 0 prepares each when it is asked for; by default tf.data
    finds out."""
    cache: Literal["none", "memory", "disk"] = "none"
    """Where an expanded data set is kept once computed; `none` computes each image again."""
    on_device: bool = False
    """Augment inside the training step (`pipelines.augment.device.InStep`), not in the pipeline."""


_DEFAULT = InputConfig()


def stream(
    images: Images | Expansion,
    augmentation: Augmentation,
    *,
    batch: int,
    seed: int,
    config: InputConfig = _DEFAULT,
    folder: Path | None = None,
) -> Any:
    """Return endless batches; the same arguments give the same batches on every machine.

    Each epoch is shuffled anew; its last batch is smaller where the batch does not divide it.

    Parameters
    ----------
    images
        What to train on.
    augmentation
        What `pipelines.augment.parse` returns.
    batch
        Images in a batch.
    seed
        Fixes the order and the augmentation.
    config
        How it is computed.
    folder
        Where a cache on disk lies.

    Returns
    -------
    tf.data.Dataset
        Of (float32 images in 0..1 ``[B, H, W, 3]``, one-hot float32 labels ``[B, K]``).
    """
    pool = _kept(images, config, folder)
    parallel = 1 if config.workers == 0 else config.workers or tf.data.AUTOTUNE
    height, width = pool.size
    classes = len(pool.class_names)

    def taken(indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(pool, Expansion):
            return pool.take(indices)
        return pool.images[indices], pool.labels[indices]

    def fetch(step: Tensor) -> tuple[Tensor, Tensor]:
        indices = _indices(step, len(pool), batch, seed)
        pixels, labels = tf.numpy_function(taken, [indices], (tf.uint8, tf.int64), stateful=False)
        pixels = tf.ensure_shape(pixels, [None, height, width, 3])
        one_hot = tf.one_hot(tf.ensure_shape(labels, [None]), classes)
        return tf.cast(pixels, tf.float32) / 255, one_hot

    steps = tf.data.Dataset.range(np.iinfo(np.int64).max)
    plain = tf.autograph.experimental.do_not_convert(fetch)  # no branch depends on a tensor
    dataset = steps.map(plain, num_parallel_calls=parallel, deterministic=True)
    if not config.on_device:
        dataset = apply(
            dataset, augmentation, seed, epoch_size=len(pool), workers=config.workers or None
        )
    return dataset if config.workers == 0 else dataset.prefetch(tf.data.AUTOTUNE)


def steps_per_epoch(images: Images | Expansion, batch: int) -> int:
    """Return the number of batches in which `stream` gives every image once."""
    return -(-len(images) // batch)


def _kept(
    images: Images | Expansion, config: InputConfig, folder: Path | None
) -> Images | Expansion:
    if not len(images):
        raise InputError("no images to train on: the data set is empty")
    if config.cache == "none" or isinstance(images, Images):
        return images
    if config.cache == "memory":
        return images.images()
    if folder is None:
        raise InputError("cache = 'disk' needs a folder to write to; give one or use 'memory'")
    return images.save(folder / "images.npy")


def _indices(step: Tensor, count: int, batch: int, seed: int) -> Tensor:
    """Return which images make up a batch: a stretch of that epoch's permutation."""
    steps = -(-count // batch)
    first = step % steps * batch
    places = tf.range(first, tf.minimum(first + batch, count))
    key = tf.stack([tf.constant(seed, tf.int64), step // steps])
    return tf.random.experimental.index_shuffle(places, key, tf.constant(count - 1, tf.int64))
