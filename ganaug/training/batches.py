"""The endless stream of real batches, as a pure function of seed and step."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def batches(
    images: np.ndarray,
    labels: np.ndarray | None,
    batch: int,
    start: int,
    stop: int,
    *,
    flip: bool,
    seed: Sequence[int],
) -> tf.data.Dataset:
    """Return the real batches of the steps `start` to `stop`: images, or (images, labels).

    Epochs are shuffled one after the other and batches cut across their borders, so a class may
    have any number of images, fewer than a batch too. No state is carried: a training that is
    resumed at step 500 sees what an uninterrupted one sees there.

    Parameters
    ----------
    images
        uint8 ``[N, H, W, 3]``.
    labels
        int ``[N]`` or None.
    flip
        Mirrored copies double the class, as in the DiffAugment paper.
    seed
        Decides the order.
    """
    if flip:
        images = np.concatenate([images, images[:, :, ::-1]])
        labels = None if labels is None else np.concatenate([labels, labels])
    count = len(images)
    epochs = -(-stop * batch // count)
    order = np.tile(np.arange(count, dtype=np.int32), (epochs, 1))
    np.random.default_rng(seed).permuted(order, axis=1, out=order)
    indices = order.reshape(-1)[start * batch : stop * batch].reshape(-1, batch)
    # A tuple in a tuple: both are input, neither is a target.
    held = tf.constant(images) if labels is None else ((tf.constant(images), labels),)
    dataset = tf.data.Dataset.from_tensor_slices(indices).map(
        lambda i: tf.nest.map_structure(lambda values: tf.gather(values, i), held)
    )
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.autotune.enabled = False  # its thread may sleep for seconds after a training has ended
    return dataset.with_options(options).prefetch(4)
