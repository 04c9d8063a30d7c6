"""Augmentations that change colours and leave every pixel in its place."""

from pipelines.augment.batch import Batch
from pipelines.augment.draws import Draws
from pipelines.augment.ops import tones
from pipelines.augment.registry import augmentation
from pipelines.augment.types import Level, Probability, Strength, Tensor, Turn


@augmentation()
def invert(batch: Batch, draws: Draws, p: Probability = 0.2) -> Batch:
    """Turn into the photographic negative."""
    return batch.with_images(tones.invert(batch.images, draws.chosen([batch.count], p)))


@augmentation()
def solarize(batch: Batch, draws: Draws, threshold: Level = 128, p: Probability = 0.2) -> Batch:
    """Invert the values from `threshold` (0 to 255) upwards."""
    # An image that is not chosen gets a threshold that no value reaches.
    limit = threshold / 255 + 2.0 * (1.0 - draws.chosen([batch.count], p))
    return batch.with_images(tones.solarize(batch.images, limit))


@augmentation()
def brightness(batch: Batch, draws: Draws, strength: Strength = 0.4) -> Batch:
    """Multiply by a factor between 1 - `strength` and 1 + `strength`."""
    return batch.with_images(tones.brightness(batch.images, _factor(batch, draws, strength)))


@augmentation()
def contrast(batch: Batch, draws: Draws, strength: Strength = 0.4) -> Batch:
    """Stretch or squeeze around the image's mean grey."""
    return batch.with_images(tones.contrast(batch.images, _factor(batch, draws, strength)))


@augmentation()
def saturation(batch: Batch, draws: Draws, strength: Strength = 0.4) -> Batch:
    """Blend with, or away from, the grey image."""
    return batch.with_images(tones.saturation(batch.images, _factor(batch, draws, strength)))


@augmentation()
def hue(batch: Batch, draws: Draws, turn: Turn = 0.1) -> Batch:
    """Turn the colour circle by up to `turn` of a full turn, either way."""
    turned = draws.uniform([batch.count], -turn, turn)
    return batch.with_images(tones.hue(batch.images, turned))


def _factor(batch: Batch, draws: Draws, strength: float) -> Tensor:
    return draws.uniform([batch.count], 1 - strength, 1 + strength)
