"""From images to endless shuffled batches: the input pipeline of a training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundwork.files import replacing
from pipelines.augment import Augmentation, apply
from pipelines.augment import lazy as tf
from pipelines.augment.dataset import parallel_calls
from pipelines.augment.offline import Expansion
from pipelines.augment.types import Tensor
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.recipes.feed import InputConfig

AHEAD = 2
"""Batches prepared before they are asked for. tf.data's own choice may grow to hundreds; peak
memory then varied from run to run, from 0.9 to 1.3 GB with 360,600 images of 32x32."""


_DEFAULT = InputConfig()


def stream(
    images: Images | Expansion,
    augmentation: Augmentation,
    *,
    batch: int,
    seed: int,
    config: InputConfig = _DEFAULT,
    folder: Path | None = None,
    full: bool = False,
    targets: NDArray[np.float32] | None = None,
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
        Where images on disk lie.
    full
        Fill the last batch of an epoch with the first images of the next one.
    targets
        Labels ``[N, K]`` in place of one-hot ones, or ``[M, K]`` for the copies of an expansion.

    Returns
    -------
    tf.data.Dataset
        Of (float32 images in 0..1 ``[B, H, W, 3]``, float32 labels ``[B, K]``).
    """
    count = len(images)
    if not count:
        raise InputError("no images to train on: the data set is empty")
    copies = images.copies if isinstance(images, Expansion) else images
    mixed = images.mixed if isinstance(images, Expansion) else 0
    read = _reader(copies, config, folder)
    if targets is None:
        targets = copies.one_hot()
    elif len(targets) != len(copies):
        raise InputError(f"{len(targets)} labels for {len(copies)} images: give one an image")
    labels = targets

    def fetch(step: Tensor) -> tuple[Tensor, Tensor]:
        place = _places(step, count, batch, seed, full)
        if not mixed:
            return tf.cast(read(place), tf.float32) / 255, tf.gather(labels, place)
        first, second = _pair(place, len(copies), mixed)
        total = tf.cast(read(first), tf.int32) + tf.cast(read(second), tf.int32)
        # Halves are rounded up, as in `Expansion.take`.
        return tf.cast((total + 1) // 2, tf.float32) / 255, tf.gather(labels, first)

    plain = tf.autograph.experimental.do_not_convert(fetch)  # no branch depends on a tensor
    steps = tf.data.Dataset.range(np.iinfo(np.int64).max)
    dataset = steps.map(plain, num_parallel_calls=parallel_calls(config.workers))
    if not config.on_device:
        dataset = apply(dataset, augmentation, seed, epoch_size=count, workers=config.workers)
    options = tf.data.Options()
    # tf.data's tuner may sleep on for seconds after a training, which waits for its thread to end.
    options.autotune.enabled = config.workers == "auto"
    if config.workers not in (0, "auto"):  # a task's own threads are one
        options.threading.private_threadpool_size = config.workers
    dataset = dataset.with_options(options)  # whatever is made of it has them too
    return dataset if config.workers == 0 else dataset.prefetch(AHEAD)


def steps_per_epoch(images: Images | Expansion, batch: int) -> int:
    """Return the number of batches in which `stream` gives every image once."""
    return -(-len(images) // batch)


def _reader(images: Images, config: InputConfig, folder: Path | None) -> Callable[[Tensor], Tensor]:
    """Return a function from positions ``[n]`` to images uint8 ``[n, H, W, 3]``."""
    if config.cache == "memory":
        with tf.device("CPU"):
            held = tf.constant(images.pixels)
        return lambda places: tf.gather(held, places)
    if folder is None:
        raise InputError("cache = 'disk' needs a folder to write to; give one or use 'memory'")
    path = folder / "images.npy"
    with replacing(path) as part:
        np.save(part, images.pixels)
    mapped = np.load(path, mmap_mode="r")
    return lambda places: tf.ensure_shape(
        tf.numpy_function(lambda rows: mapped[rows], [places], tf.uint8, stateful=False),
        [None, *mapped.shape[1:]],
    )


def _places(step: Tensor, count: int, batch: int, seed: int, full: bool) -> Tensor:
    """Return which images make up a batch: a stretch of that epoch's permutation."""
    if full:
        drawn = step * batch + tf.range(batch, dtype=tf.int64)
    else:
        steps = -(-count // batch)
        first = step % steps * batch
        drawn = step // steps * count + tf.range(first, tf.minimum(first + batch, count))
    # `tf.random.experimental.index_shuffle` documents one key an index, and pads the wrong axis.
    return tf.raw_ops.RandomIndexShuffle(
        index=drawn % count,
        seed=_keys(seed, drawn // count),
        max_index=tf.constant(count - 1, tf.int64),
        rounds=8,
    )


def _keys(seed: int, epoch: Tensor) -> Tensor:
    """Return the key of each image's epoch, ``[n, 3]``, with every bit stirred (splitmix64).

    The shuffle reads the low bits of a key alone, 8 of each word for 100 images: plain numbers
    would repeat an order after 256 epochs.
    """
    word = tf.cast(epoch, tf.uint64) + tf.constant(seed % 2**24 << 40, tf.uint64)
    word *= tf.constant(0x9E3779B97F4A7C15, tf.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        word = tf.bitwise.bitwise_xor(
            word, tf.bitwise.right_shift(word, tf.constant(shift, tf.uint64))
        )
        word *= tf.constant(factor, tf.uint64)
    words = [tf.bitwise.right_shift(word, tf.constant(shift, tf.uint64)) for shift in (0, 21, 42)]
    return tf.stack(words, axis=1)


def _pair(place: Tensor, copies: int, mixed: int) -> tuple[Tensor, Tensor]:
    """Return which two copies are averaged; a copy alone is averaged with itself."""
    single, pair = place < copies, place - copies
    return tf.where(single, place, pair // mixed), tf.where(single, place, pair % mixed)
