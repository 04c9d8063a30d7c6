"""Augmentations that blend two images of a batch, and their labels with them."""

from pipelines.augment import lazy as tf
from pipelines.augment.batch import Batch
from pipelines.augment.draws import Draws
from pipelines.augment.erasing import rectangle
from pipelines.augment.registry import augmentation
from pipelines.augment.types import Alpha, Tensor


@augmentation(mixes_labels=True)
def mixup(batch: Batch, draws: Draws, alpha: Alpha = 1.0) -> Batch:
    """Fade each image and its label into another's (Zhang et al. 2017)."""
    return _blended(batch, draws, _fade(batch, draws, alpha))


@augmentation(mixes_labels=True)
def cutmix(batch: Batch, draws: Draws, alpha: Alpha = 1.0) -> Batch:
    """Paste a rectangle of another image; labels follow its area (Yun et al. 2019)."""
    return _blended(batch, draws, _patch(batch, draws, alpha))


@augmentation(mixes_labels=True)
def mixup_or_cutmix(
    batch: Batch, draws: Draws, mixup_alpha: Alpha = 1.0, cutmix_alpha: Alpha = 1.0
) -> Batch:
    """Blend each image by MixUp or by CutMix, whichever a coin says for it."""
    coin = draws.chosen([batch.count], 0.5)[:, None, None, None]
    fade, patch = _fade(batch, draws, mixup_alpha), _patch(batch, draws, cutmix_alpha)
    return _blended(batch, draws, fade + (patch - fade) * coin)


def _fade(batch: Batch, draws: Draws, alpha: float) -> Tensor:
    """Return the partner's weight, ``[B, 1, 1, 1]``."""
    return draws.beta([batch.count], alpha)[:, None, None, None]


def _patch(batch: Batch, draws: Draws, alpha: float) -> Tensor:
    """Return 1.0 where the partner is pasted, ``[B, H, W, 1]``."""
    height, width = batch.size
    side = tf.sqrt(draws.beta([batch.count], alpha))
    return rectangle(batch, draws, tf.floor(height * side), tf.floor(width * side))


def _blended(batch: Batch, draws: Draws, weight: Tensor) -> Batch:
    """Blend every image with a partner drawn from the batch.

    Labels take the mean weight over the pixels: what is pasted beyond the edge does not count.
    """
    partner = draws.order(batch.count)
    images, labels = batch.images, batch.labels
    share = tf.reduce_mean(weight, [1, 2, 3])[:, None]
    images += (tf.gather(images, partner) - images) * weight
    labels += (tf.gather(labels, partner) - labels) * share
    return batch.with_images(images).with_labels(labels)
