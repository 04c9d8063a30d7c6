"""Augmentation inside a tf.data pipeline."""

from typing import Any, Literal

from pipelines.augment import lazy as tf
from pipelines.augment.pipeline import Augmentation
from pipelines.augment.types import Tensor
from pipelines.errors import InputError

Workers = int | Literal["auto"]


def apply(
    dataset: Any,
    augmentation: Augmentation,
    seed: int,
    *,
    epoch_size: int | None = None,
    workers: Workers = 0,
) -> Any:
    """Augment every batch of ``dataset``; the result is the same on every run.

    Parameters
    ----------
    dataset
        A `tf.data.Dataset` of (float32 images in 0..1 ``[B, H, W, 3]``, float32 labels
        ``[B, K]``), repeated or not.
    augmentation
        What `parse` returns.
    seed
        Fixes every draw, together with the number of the batch.
    epoch_size
        Images in one epoch; `alternating_flip` needs it.
    workers
        Batches augmented side by side; 0 augments each when it is asked for; `auto` lets tf.data
        choose.

    Returns
    -------
    tf.data.Dataset
        Batches of the same shapes, in the same order.
    """
    if augmentation.needs_epoch and epoch_size is None:
        raise InputError("alternating_flip needs the number of images in an epoch: epoch_size=…")
    if not augmentation.steps:
        return dataset

    def count(seen: Tensor, step: Tensor, images: Tensor, labels: Tensor) -> Any:
        return seen + tf.shape(images, tf.int64)[0], (seen, step, images, labels)

    def augment(seen: Tensor, step: Tensor, images: Tensor, labels: Tensor) -> Any:
        places = seen + tf.range(tf.shape(images, tf.int64)[0])
        epoch = places // epoch_size if epoch_size else 0
        return augmentation(images, labels, seed=seed, step=step, epoch=epoch)

    numbered = dataset.enumerate().scan(
        tf.constant(0, tf.int64), lambda seen, item: count(seen, item[0], *item[1])
    )
    # No Python branch depends on a tensor, so AutoGraph would only slow the tracing down.
    plain = tf.autograph.experimental.do_not_convert(augment)
    return numbered.map(plain, num_parallel_calls=parallel_calls(workers))


def parallel_calls(workers: Workers) -> int | None:
    """Return what tf.data calls ``workers``."""
    return int(tf.data.AUTOTUNE) if workers == "auto" else workers or None
