"""The operations of AutoAugment and its successors, each for a batch with one level an image."""

import math
from collections.abc import Callable, Sequence

from pipelines.augment import lazy as tf
from pipelines.augment.ops import tones
from pipelines.augment.ops.geometry import rotated
from pipelines.augment.types import Tensor
from pipelines.augment.warp import Warp, resample

OPERATIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "identity": lambda images, level: images,
    # Pillow shears about the upper left corner.
    "shear_x": lambda images, level: resample(
        images,
        [Warp(xy=level, x0=level * (images.shape[1] / 2), edge="black", sampling="nearest")],
    ),
    "shear_y": lambda images, level: resample(
        images,
        [Warp(yx=level, y0=level * (images.shape[2] / 2), edge="black", sampling="nearest")],
    ),
    "translate_x": lambda images, level: resample(
        images, [Warp(x0=tf.round(level * images.shape[2]), edge="black")]
    ),
    "translate_y": lambda images, level: resample(
        images, [Warp(y0=tf.round(level * images.shape[1]), edge="black")]
    ),
    "rotate": lambda images, level: resample(images, [rotated(level * (math.pi / 180), "nearest")]),
    "brightness": lambda images, level: tones.brightness(images, 1 + level),
    "saturation": lambda images, level: tones.saturation(images, 1 + level),
    "contrast": lambda images, level: tones.contrast(images, 1 + level),
    "sharpness": lambda images, level: tones.sharpness(images, 1 + level),
    "posterize": lambda images, level: tones.posterize(images, tf.round(level)),
    "solarize": tones.solarize,
    "autocontrast": lambda images, level: tones.autocontrast(images),
    "equalize": lambda images, level: tones.equalize(images),
}
"""By name. Units of the levels: shears are slopes, translations fractions of the size, rotations
degrees; brightness to sharpness the change of a factor of 1; posterize bits kept; solarize the
threshold in 0..1; the others have none."""


def carry_out(images: Tensor, names: Sequence[str], choice: Tensor, levels: Tensor) -> Tensor:
    """Change every image by one operation and no other.

    The batch is split by operation and put together again: computing every operation for every
    image and choosing afterwards, as Keras does, is a dozen times the work.

    Parameters
    ----------
    images
        float32 ``[B, H, W, 3]`` in 0..1.
    names
        Operations to choose from.
    choice
        int32 ``[B]``, positions in ``names``.
    levels
        float32 ``[B]``, in the unit of the operation chosen.
    """
    kinds = len(names)
    parts = tf.dynamic_partition(images, choice, kinds)
    part_levels = tf.dynamic_partition(levels, choice, kinds)
    positions = tf.dynamic_partition(tf.range(tf.shape(images)[0]), choice, kinds)
    changed = [
        OPERATIONS[name](part, level)
        for name, part, level in zip(names, parts, part_levels, strict=True)
    ]
    return tf.dynamic_stitch(positions, changed)
