"""Augmentations that blend two images of a batch, and their labels with them."""

from pipelines.augment import lazy as tf
from pipelines.augment.batch import Batch
from pipelines.augment.draws import Draws
from pipelines.augment.ops.erasing import mask, rectangle
from pipelines.augment.ops.tones import each
from pipelines.augment.registry import augmentation
from pipelines.augment.types import Alpha, Tensor


@augmentation(mixes_labels=True)
def mixup(batch: Batch, draws: Draws, alpha: Alpha = 1.0) -> Batch:
    """Fade each image and its label into another's (Zhang et al. 2017)."""
    weight = draws.beta([batch.count], alpha)
    return _blended(batch, draws, each(weight), weight)


@augmentation(mixes_labels=True)
def cutmix(batch: Batch, draws: Draws, alpha: Alpha = 1.0) -> Batch:
    """Paste a rectangle of another image; labels follow its area (Yun et al. 2019)."""
    rows, columns = _patch(batch, draws, alpha)
    return _blended(batch, draws, mask(rows, columns), _area(rows, columns))


@augmentation(mixes_labels=True)
def mixup_or_cutmix(
    batch: Batch, draws: Draws, mixup_alpha: Alpha = 1.0, cutmix_alpha: Alpha = 1.0
) -> Batch:
    """Blend each image by MixUp or by CutMix, whichever a coin says for it."""
    coin = draws.chosen([batch.count], 0.5)
    fade = draws.beta([batch.count], mixup_alpha) * (1 - coin)
    rows, columns = _patch(batch, draws, cutmix_alpha)
    rows *= coin[:, None]
    return _blended(batch, draws, mask(rows, columns) + each(fade), _area(rows, columns) + fade)


def _patch(batch: Batch, draws: Draws, alpha: float) -> tuple[Tensor, Tensor]:
    """Return the rows and columns of a rectangle, cut at the edge."""
    height, width = batch.size
    side = tf.sqrt(draws.beta([batch.count], alpha))
    return rectangle(batch, draws, tf.floor(height * side), tf.floor(width * side))


def _area(rows: Tensor, columns: Tensor) -> Tensor:
    """Return the fraction of the pixels: what is pasted beyond the edge does not count."""
    return tf.reduce_mean(rows, 1) * tf.reduce_mean(columns, 1)


def _blended(batch: Batch, draws: Draws, weight: Tensor, fraction: Tensor) -> Batch:
    """Blend every image with a partner drawn from the batch.

    ``weight`` is the partner's at each pixel; ``fraction`` ``[B]`` its mean and its label's weight.
    """
    partner = draws.order(batch.count)
    images, labels = batch.images, batch.labels
    images += (tf.gather(images, partner) - images) * weight
    labels += (tf.gather(labels, partner) - labels) * fraction[:, None]
    return batch.with_images(images).with_labels(labels)
