"""What lies in each batch, counted image by image: every image is of one grey that names it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.mixing.strategies import TrainingData, mix
from pipelines.recipes.mix import MixConfig
from pipelines.synthetic.origins import Synthetic

NAMES = ("cat", "dog")
REAL, SYNTHETIC = range(10), range(100, 130)


def greys(values: range) -> Images:
    """Return an image of each grey; even ones are cats, odd ones dogs."""
    greys = np.array(values, np.uint8)
    pixels = np.broadcast_to(greys[:, None, None, None], (len(greys), 4, 4, 3))
    return Images(pixels, greys % 2, NAMES, "greys")


@dataclass
class Seen:
    """One batch: greys, labels and, where there are any, weights."""

    greys: list[int]
    labels: np.ndarray
    weights: np.ndarray | None = None

    @property
    def synthetic(self) -> int:
        return sum(grey in SYNTHETIC for grey in self.greys)


def joined(config: MixConfig, *, expand: str = "", epochs: int = 1, **options) -> TrainingData:
    images = greys(SYNTHETIC)
    even = config.synthetic_smoothing / 2
    targets = np.eye(2, dtype=np.float32)[images.labels] * (1 - 2 * even) + np.float32(even)
    given = {"batch": 4, "augment": "", "seed": 0} | options
    real = Expansion(greys(REAL), expand)
    return mix(real, Synthetic(images, targets), config, epochs=epochs, **given)


def seen(config: MixConfig, epochs: int = 1, **options) -> list[list[Seen]]:
    """Return the batches of each epoch."""
    data = joined(config, epochs=epochs, **options)
    batches = iter(data.dataset)

    def one() -> Seen:
        images, labels, *weights = (part.numpy() for part in next(batches))
        return Seen(np.round(images[:, 0, 0, 0] * 255).astype(int).tolist(), labels, *weights)

    return [[one() for _ in range(data.steps_per_epoch)] for _ in range(epochs)]


def drawn(epoch: list[Seen]) -> Counter[int]:
    return Counter(grey for batch in epoch for grey in batch.greys)
