"""Colour arithmetic on batches: images ``[B, H, W, 3]`` in 0..1, and one number an image ``[B]``.

The definitions are Pillow's (`ImageOps`, `ImageEnhance`), which AutoAugment and its successors use.
Sums and products do what `tf.where` would: its broadcasting costs several times as much.
"""

import numpy as np

from pipelines.augment import lazy as tf
from pipelines.augment.types import Tensor

_LUMA = np.array([[0.299], [0.587], [0.114]], np.float32)  # ITU-R 601-2, Pillow's mode "L"


def invert(images: Tensor, chosen: Tensor) -> Tensor:
    """Return the negative where ``chosen`` is 1.0, the image where it is 0.0."""
    return tf.abs(images - each(chosen))


def solarize(images: Tensor, threshold: Tensor) -> Tensor:
    """Invert the values from ``threshold`` upwards."""
    # Half an 8-bit level of slack: 100 / 255 must not depend on how the pixel was rounded.
    return tf.abs(tf.cast(images > each(threshold) - 0.5 / 255, images.dtype) - images)


def brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Blend black (factor 0) with the image (factor 1) and beyond."""
    return tf.clip_by_value(images * each(factor), 0.0, 1.0)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Blend the image's mean grey (factor 0) with the image (factor 1) and beyond."""
    mean = tf.reduce_mean(tf.reduce_mean(images, 1, keepdims=True), 2, keepdims=True)
    return _blend(grey(mean), images, factor)


def saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Blend the grey image (factor 0) with the image (factor 1) and beyond."""
    return _blend(grey(images), images, factor)


def sharpness(images: Tensor, factor: Tensor) -> Tensor:
    """Blend the smoothed image (factor 0) with the image (factor 1) and beyond."""
    # Pillow's smoothing: 5 for the pixel and 1 for each neighbour, over 13; the border is left.
    rows = images[:, :-2] + images[:, 1:-1] + images[:, 2:]
    box = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    change = (box - 9 * images[:, 1:-1, 1:-1]) / 13
    change = tf.pad(change, [[0, 0], [1, 1], [1, 1], [0, 0]])
    return tf.clip_by_value(images + change * each(1.0 - factor), 0.0, 1.0)


def hue(images: Tensor, turn: Tensor) -> Tensor:
    """Turn the colour circle by ``turn`` of a full turn."""
    h, s, v = tf.split(tf.image.rgb_to_hsv(images), 3, axis=-1)
    return tf.image.hsv_to_rgb(tf.concat([tf.math.floormod(h + each(turn), 1.0), s, v], -1))


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """Keep the highest ``bits`` of the 8 bits of each value."""
    step = each(tf.pow(2.0, 8.0 - bits))
    return tf.floor(tf.round(images * 255) / step) * step / 255


def autocontrast(images: Tensor) -> Tensor:
    """Stretch each channel to the full range; a channel of one value stays as it is."""
    # Axis by axis: TensorFlow takes three times as long over both at once.
    low = tf.reduce_min(tf.reduce_min(images, 1, keepdims=True), 2, keepdims=True)
    span = tf.reduce_max(tf.reduce_max(images, 1, keepdims=True), 2, keepdims=True) - low
    flat = tf.cast(span <= 0, images.dtype)
    return (images - low * (1 - flat)) / (span + flat)


def equalize(images: Tensor) -> Tensor:
    """Spread the values of each channel evenly over 0..1, by its histogram of 8-bit levels."""
    count = tf.shape(images)[0]
    height, width = images.shape[1:3]
    levels = tf.cast(tf.round(images * 255), tf.int32)
    # One row of 256 levels for each channel of each image.
    index = levels + tf.reshape(tf.range(count * 3) * 256, [count, 1, 1, 3])
    histogram = tf.math.unsorted_segment_sum(tf.ones_like(index), index, count * 3 * 256)
    histogram = tf.reshape(histogram, [count * 3, 256])
    used = tf.cast(histogram > 0, tf.int32)
    last = 255 - tf.argmax(used[:, ::-1], -1, output_type=tf.int32)
    step = (height * width - tf.gather(histogram, last, batch_dims=1))[:, None] // 255
    # Pillow's rule: half a step, then the running count in whole steps; a channel whose other
    # levels do not fill 255 steps stays as it is.
    running = tf.cumsum(histogram, axis=-1, exclusive=True) + step // 2
    spread = tf.minimum(running // tf.maximum(step, 1), 255)
    table = tf.where(step == 0, tf.range(256)[None, :], spread)
    return tf.gather(tf.cast(tf.reshape(table, [-1]), images.dtype) / 255, index)


def grey(images: Tensor) -> Tensor:
    """Return the luminance, ``[B, H, W, 1]``."""
    return tf.tensordot(images, _LUMA, 1)


def each(value: Tensor) -> Tensor:
    """Shape one number an image ``[B]`` to be combined with ``[B, H, W, C]``."""
    return value[:, None, None, None]


def _blend(degenerate: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    return tf.clip_by_value(degenerate + (images - degenerate) * each(factor), 0.0, 1.0)
