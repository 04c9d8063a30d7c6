"""Does the generator copy its training images? A test by nearest neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu, nhypergeom

from ganaug.errors import InputError
from ganaug.quality.extractors import Extractor, Images
from ganaug.quality.values import Features

SHIFT = 4
"""Pixels that a copy may have moved; DiffAugment's translation at 32 pixels."""
SUSPICIOUS = 1e-3
"""How often each of the two tests calls a generator of new images a copier."""
SHOWN, NEIGHBOURS = 12, 3
"""Generated images, and training images beside each, that are remembered as evidence."""

Distances = NDArray[np.float64]


class CopyTest(BaseModel):
    """How near generated images come to the training images, against how near real ones come."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    n_fake: int
    n_real: int
    """Real images that set the yardstick."""
    z: float
    """Mann-Whitney statistic C_T of Meehan et al. (2020): standard normal for new images, far below
    0 when generated images lie nearer to the training images than unseen real ones do."""
    p: float
    """Chance of so low a z for a generator that does not copy."""
    near_copies: float
    """Share of generated images nearer to a training image than `threshold`."""
    near_copies_floor: float
    """The share to expect of unseen real images."""
    near_copies_p: float
    """Chance of so many near copies for a generator that does not copy (exact)."""
    threshold: float
    """Distance under which all but the closest 2 % of unseen real images do not come."""

    @property
    def copies(self) -> bool:
        """Whether either test calls the generator a copier."""
        return min(self.p, self.near_copies_p) < SUSPICIOUS


class Nearest(BaseModel):
    """A generated image and the training images nearest to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    generated: int
    """Which generated image."""
    train: list[int]
    """Which training images, the nearest first."""
    distances: list[float]


def copy_test(fake: Distances, real: Distances) -> CopyTest:
    """Compare distances to the nearest training image.

    Two tests, because each is blind where the other sees. The Mann-Whitney statistic notices that
    the samples as a whole sit too near; a generator that copies now and then and otherwise draws
    blobs far from everything passes it, and is caught by its number of near copies.

    Parameters
    ----------
    fake
        Of generated images, ``[M]``.
    real
        Of real images that the generator never saw, or, where there are none, of each training
        image to the other ones, ``[N]``.

    Notes
    -----
    For a generator that draws new images both samples are exchangeable, so the number of generated
    images below the r-th closest real one follows a negative hypergeometric distribution, whatever
    the features are.
    """
    n_fake, n_real = len(fake), len(real)
    if min(n_fake, n_real) < 2:
        raise InputError(
            f"{n_fake} generated and {n_real} real distances; the copy test needs 2 of each"
        )
    test = mannwhitneyu(fake, real, alternative="less", method="asymptotic")
    spread = np.sqrt(n_fake * n_real * (n_fake + n_real + 1) / 12)
    closest = max(1, n_real // 50)
    threshold = np.sort(real)[closest - 1]
    near = int(np.count_nonzero(fake < threshold))
    return CopyTest(
        n_fake=n_fake,
        n_real=n_real,
        z=float((test.statistic - n_fake * n_real / 2) / spread),
        p=float(test.pvalue),
        near_copies=near / n_fake,
        near_copies_floor=closest / (n_real + 1),
        near_copies_p=float(nhypergeom.sf(near - 1, n_fake + n_real, n_fake, closest)),
        threshold=float(threshold),
    )


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
class Copies:
    """Looks up the nearest training image of others, under mirroring and shifts.

    Attributes
    ----------
    variants
        Features of the moved training images, ``[V, N, D]``; the first are those of the unmoved.
    """

    variants: Features

    @classmethod
    def of(cls, train: Images, extractor: Extractor) -> "Copies":
        """Extract the features of all moved training images ``[N, H, W, 3]``."""
        return cls(np.stack([extractor(images) for images in moved(train)]))

    @property
    def train(self) -> Features:
        """Features of the unmoved training images, ``[N, D]``."""
        unmoved: Features = self.variants[0]
        return unmoved

    def distances(self, features: Features) -> Distances:
        """Return the distances of M images to each training image, ``[M, N]``."""
        nearest = np.full((len(features), self.variants.shape[1]), np.inf)
        for variant in self.variants:
            np.minimum(nearest, cdist(features, variant), out=nearest)
        return nearest

    def among_themselves(self) -> Distances:
        """Return each training image's distance to its nearest other one, ``[N]``."""
        distances = self.distances(self.train)
        np.fill_diagonal(distances, np.inf)
        nearest: Distances = distances.min(axis=1)
        return nearest

    def test(
        self, fake: Features, unseen: Features | None = None
    ) -> tuple[CopyTest, list[Nearest]]:
        """Run the copy test on generated images.

        Parameters
        ----------
        fake
            Their features, ``[M, D]``.
        unseen
            Features of real images that the generator never saw; without them the training images'
            distances to each other stand in.

        Returns
        -------
        tuple
            The test, and as evidence the generated images that come nearest.
        """
        real = self.among_themselves() if unseen is None else self.distances(unseen).min(axis=1)
        distances = self.distances(fake)
        return copy_test(distances.min(axis=1), real), _nearest(distances)


def _nearest(distances: Distances) -> list[Nearest]:
    closest = distances.min(axis=1).argsort(kind="stable")[:SHOWN]
    neighbours = distances.argsort(axis=1, kind="stable")[:, :NEIGHBOURS]
    return [
        Nearest(
            generated=int(index),
            train=neighbours[index].tolist(),
            distances=distances[index, neighbours[index]].tolist(),
        )
        for index in closest
    ]
