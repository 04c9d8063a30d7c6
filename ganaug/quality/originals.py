"""Real images that copies may come from, and the way to them through mirroring and shifts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ganaug.errors import InputError
from ganaug.quality.extractors import Extractor, Images
from ganaug.quality.values import Features

SHIFT = 4
"""Pixels that a copy may have moved; DiffAugment's translation at 32 pixels."""

Distances = NDArray[np.float64]


def moved(images: Images, shift: int = SHIFT) -> Iterator[Images]:
    """Give the images as they are, then mirrored and shifted by ``-shift``, 0 and ``shift`` pixels.

    Edges are repeated. Eighteen arrays of the shape of `images`.
    """
    offsets = (0, -shift, shift)
    height, width = images.shape[1:3]
    padding = ((0, 0), (shift, shift), (shift, shift), (0, 0))
    for mirrored in (images, images[:, :, ::-1]):
        padded = np.pad(mirrored, padding, mode="edge")
        for down in offsets:
            for right in offsets:
                top, left = shift - down, shift - right
                yield padded[:, top : top + height, left : left + width]


@dataclass(frozen=True, eq=False)
class Originals:
    """Real images, mirrored and shifted, that copies may come from.

    Attributes
    ----------
    variants
        Features of the moved images, ``[V, N, D]``; the first are those of the unmoved.
    """

    variants: Features

    @classmethod
    def of(cls, images: Images, extractor: Extractor) -> "Originals":
        """Extract the features of all moved images ``[N, H, W, 3]``.

        Raises
        ------
        InputError
            Fewer than 3 images: none has two others to compare.
        """
        if len(images) < 3:
            raise InputError(f"{len(images)} real images; looking for copies needs at least 3")
        return cls(np.stack([extractor(variant) for variant in moved(images)]))

    @property
    def unmoved(self) -> Features:
        """Features of the images as they are, ``[N, D]``."""
        features: Features = self.variants[0]
        return features

    def distances(self, features: Features) -> Distances:
        """Return the distances of M images to the nearest variant of each, ``[M, N]``."""
        nearest = np.full((len(features), self.variants.shape[1]), np.inf)
        for variant in self.variants:
            np.minimum(nearest, cdist(features, variant), out=nearest)
        return nearest

    def among_themselves(self) -> Distances:
        """Return the distances of the images to each other, infinite to themselves."""
        distances = self.distances(self.unmoved)
        np.fill_diagonal(distances, np.inf)
        return distances
