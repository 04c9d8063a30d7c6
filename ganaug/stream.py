"""The endless stream of real batches, as a pure function of seed and step."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def batches(
    images: np.ndarray, batch: int, start: int, stop: int, *, flip: bool, seed: Sequence[int]
) -> tf.data.Dataset:
    """Return the real batches of the steps `start` to `stop`.

    Epochs are shuffled one after the other and batches cut across their borders, so a class may
    have any number of images, fewer than a batch too. No state is carried: a training that is
    resumed at step 500 sees what an uninterrupted one sees there.

    Parameters
    ----------
    images
        uint8 ``[N, H, W, 3]``.
    flip
        Mirrored copies double the class, as in the DiffAugment paper.
    seed
        Decides the order.
    """
    if flip:
        images = np.concatenate([images, images[:, :, ::-1]])
    count = len(images)
    epochs = -(-stop * batch // count)
    order = np.tile(np.arange(count, dtype=np.int32), (epochs, 1))
    np.random.default_rng(seed).permuted(order, axis=1, out=order)
    indices = order.reshape(-1)[start * batch : stop * batch].reshape(-1, batch)
    held = tf.constant(images)
    dataset = tf.data.Dataset.from_tensor_slices(indices).map(lambda i: tf.gather(held, i))
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    return dataset.with_options(options).prefetch(4)
