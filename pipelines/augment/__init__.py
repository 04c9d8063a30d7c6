"""Augmentation: a small string language, drawn per image and computed per batch.

``parse("flip|shift(4)")`` gives an `Augmentation`; `apply` puts it into a tf.data pipeline.
TensorFlow is imported when the first batch comes, so that a recipe is checked without it.
"""

from pipelines.augment.dataset import apply
from pipelines.augment.pipeline import Augmentation, parse
from pipelines.augment.registry import Augmenter, augmentation, augmenter, list_augmentations
from pipelines.augment.sets import SETS

__all__ = [
    "SETS",
    "Augmentation",
    "Augmenter",
    "apply",
    "augmentation",
    "augmenter",
    "list_augmentations",
    "parse",
]
