"""RandAugment, TrivialAugment and AugMix: operations and levels drawn for every single image."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from pipelines.augment import lazy as tf
from pipelines.augment.batch import Batch
from pipelines.augment.draws import Draws
from pipelines.augment.ops.operations import carry_out
from pipelines.augment.ops.tones import each
from pipelines.augment.registry import augmentation
from pipelines.augment.types import Alpha, Bins, Tensor

Space = Mapping[str, tuple[float, float]]
"""Operations to draw from, each with its level at strength 0 and at strength 1."""

Count = Annotated[int, Field(ge=1, le=5)]
Severity = Annotated[float, Field(ge=0.1, le=10)]

_BINS = 30  # the highest of the 31 magnitudes
_SIGNED = {"shear_x", "shear_y", "translate_x", "translate_y", "rotate"}
_SIGNED |= {"brightness", "saturation", "contrast", "sharpness"}


def _space(shear: float, translate: float, rotate: float, enhance: float, bits: float) -> Space:
    return {
        "identity": (0, 0),
        "shear_x": (0, shear),
        "shear_y": (0, shear),
        "translate_x": (0, translate),
        "translate_y": (0, translate),
        "rotate": (0, rotate),
        "brightness": (0, enhance),
        "saturation": (0, enhance),
        "contrast": (0, enhance),
        "sharpness": (0, enhance),
        "posterize": (8, bits),
        "solarize": (1, 0),
        "autocontrast": (0, 0),
        "equalize": (0, 0),
    }


# The ranges of torchvision's implementations (150 of 331 pixels in RandAugment's paper), and of
# AugMix's authors, who leave out what the corruptions of ImageNet-C resemble.
_RAND = _space(shear=0.3, translate=150 / 331, rotate=30, enhance=0.9, bits=4)
_TRIVIAL = _space(shear=0.99, translate=1.0, rotate=135, enhance=0.99, bits=2)
_AUGMIX: Space = {
    "identity": (0, 0),
    "shear_x": (0, 0.3),
    "shear_y": (0, 0.3),
    "translate_x": (0, 1 / 3),
    "translate_y": (0, 1 / 3),
    "rotate": (0, 30),
    "posterize": (4.5, 0.5),  # rounded, that is 4 less the whole part: at least 1 bit is kept
    "solarize": (1, 0),
    "autocontrast": (0, 0),
    "equalize": (0, 0),
}


@augmentation(xla=False)
def rand_augment(batch: Batch, draws: Draws, n: Count = 2, magnitude: Bins = 9) -> Batch:
    """Apply `n` random operations at one magnitude (Cubuk et al. 2019)."""
    images, count = batch.images, batch.count
    strength = tf.fill([count], magnitude / _BINS)
    for _ in range(n):
        choice = draws.integers([count], 0, len(_RAND) - 1)
        images = _changed(images, _RAND, choice, strength, draws)
    return batch.with_images(images)


@augmentation(xla=False)
def trivial_augment(batch: Batch, draws: Draws) -> Batch:
    """Apply one random operation at a random magnitude (Müller & Hutter 2021, wide space)."""
    count = batch.count
    # The paper moves by up to 32 pixels, whatever the size of the image.
    translate = 32 / max(batch.size)
    space = {**_TRIVIAL, "translate_x": (0, translate), "translate_y": (0, translate)}
    choice = draws.integers([count], 0, len(space) - 1)
    strength = tf.cast(draws.integers([count], 0, _BINS), tf.float32) / _BINS
    return batch.with_images(_changed(batch.images, space, choice, strength, draws))


@augmentation(xla=False)
def augmix(
    batch: Batch, draws: Draws, severity: Severity = 3.0, width: Count = 3, alpha: Alpha = 1.0
) -> Batch:
    """Mix the image with `width` chains of one to three operations (Hendrycks et al. 2019)."""
    images, count = batch.images, batch.count
    chains, rows = tf.repeat(images, width, axis=0), count * width
    length = draws.integers([rows], 1, 3)
    for position in range(3):
        choice = draws.integers([rows], 1, len(_AUGMIX) - 1)
        choice *= tf.cast(length > position, tf.int32)  # a chain that has ended: identity
        strength = draws.uniform([rows], 0.1, severity) / 10
        chains = _changed(chains, _AUGMIX, choice, strength, draws)
    weights = draws.dirichlet([count, width], alpha) * draws.beta([count, 1], alpha)
    chains = tf.reshape(chains, [count, width, *images.shape[1:]])
    mixed = tf.reduce_sum(chains * weights[:, :, None, None, None], 1)
    return batch.with_images(images * each(1 - tf.reduce_sum(weights, 1)) + mixed)


def _changed(
    images: Tensor, space: Space, choice: Tensor, strength: Tensor, draws: Draws
) -> Tensor:
    """Change each image by the operation at ``choice`` of ``space``, in a random direction.

    ``choice`` and ``strength``, from 0 to 1, are ``[B]``.
    """
    ends = np.array(list(space.values()), np.float32)
    first, last = (tf.gather(tf.constant(side), choice) for side in ends.T)
    signed = tf.constant([float(name in _SIGNED) for name in space])
    turned = draws.chosen(tf.shape(choice), 0.5) * tf.gather(signed, choice)
    level = (first + (last - first) * strength) * (1 - 2 * turned)
    return carry_out(images, list(space), choice, level)
