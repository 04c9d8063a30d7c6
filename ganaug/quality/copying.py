"""Does the generator copy its training images? A test by nearest neighbours.

A copy singles out one training image: it lies much nearer to that one than to any other. So all
distances here are relative, the nearest over the second nearest, 0 for an exact copy and near 1
for an image that owes nothing to any single one. Absolute distances, as in Meehan et al. (2020),
take dull images for copies: these lie in the middle of feature space, near to everything. Blurred
(1.5 pixels) photographs that nobody had trained on scored C_T = -4.8 (cats) and -3.2 (airplanes)
with absolute distances and -0.2 and -0.8 with relative ones, on CIFAR-10 with 50 images each and
efficientnet_lite0 at 64 pixels; mirrored and shifted copies scored -8.5 and -8.0 against -8.6 and
-8.6.
"""

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
TWINS = 3
"""Rank of the closest real image that a near copy must beat, at least: the first two may be twins
of each other, two frames of one burst."""
SUSPICIOUS = 1e-3
"""How often a generator of new images is called a copier, at most."""
SHOWN, NEIGHBOURS = 12, 3
"""Generated images, and training images beside each, that are remembered as evidence."""

Distances = NDArray[np.float64]


class Record(BaseModel):
    """A part of the report."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class CopyTest(Record):
    """How closely generated images follow single training images, and how closely real ones do."""

    n_fake: int
    n_real: int
    """Real images that set the yardstick."""
    z: float
    """Mann-Whitney statistic C_T of Meehan et al. (2020) on relative distances: standard normal for
    new images, far below 0 where the samples as a whole lean on single training images."""
    near_copies: float
    """Share of generated images with a relative distance below `threshold`."""
    near_copies_floor: float
    """The share to expect of unseen real images."""
    p: float
    """Chance, at most, of so many near copies for a generator of new images."""
    threshold: float
    """Relative distance under which about 4 % of unseen real images come."""

    @property
    def copies(self) -> bool:
        """Whether there are more near copies than chance explains."""
        return self.p < SUSPICIOUS


class Nearest(Record):
    """A generated image and the training images nearest to it."""

    generated: int
    """Which generated image."""
    closeness: float
    """Its relative distance."""
    train: list[int]
    """Which training images, the nearest first."""
    distances: list[float]


def copy_test(fake: Distances, real: Distances) -> CopyTest:
    """Compare relative distances of generated and of real images.

    The verdict goes by the number of near copies, because a generator that copies now and then
    and otherwise draws blobs passes any test of the samples as a whole. If new, its images and the
    real ones are exchangeable; then the number of its images below the r-th closest real one
    follows a negative hypergeometric distribution, whatever the features are. Two ranks are tried,
    and the smaller chance doubled: r = 1 finds most with clean data, a larger r bears with twins.

    Parameters
    ----------
    fake
        Of generated images, ``[M]``.
    real
        Of real images that the generator never saw, or, where there are none, of each training
        image to the other ones, ``[N]``.
    """
    n_fake, n_real = len(fake), len(real)
    closest = max(TWINS, n_real // 25)
    if n_fake < 1 or n_real < closest:
        raise InputError(
            f"{n_fake} generated and {n_real} real images; "
            f"the copy test needs at least 1 and {TWINS}"
        )
    u = mannwhitneyu(fake, real, method="asymptotic").statistic
    spread = np.sqrt(n_fake * n_real * (n_fake + n_real + 1) / 12)
    near = fake < np.sort(real)[closest - 1]
    return CopyTest(
        n_fake=n_fake,
        n_real=n_real,
        z=float((u - n_fake * n_real / 2) / spread),
        near_copies=float(near.mean()),
        near_copies_floor=closest / (n_real + 1),
        p=min(1.0, 2 * min(_chance(fake, real, rank) for rank in (1, closest))),
        threshold=float(np.sort(real)[closest - 1]),
    )


def _chance(fake: Distances, real: Distances, rank: int) -> float:
    """Return the chance of as many new images below the real one of that rank, the closest 1."""
    below = np.count_nonzero(fake < np.sort(real)[rank - 1])
    return float(nhypergeom.sf(below - 1, len(fake) + len(real), len(fake), rank))


def closeness(distances: Distances) -> Distances:
    """Return each row's smallest distance over its second smallest, 0 where both are 0, ``[M]``."""
    nearest, second = np.partition(distances, 1, axis=1)[:, :2].T
    relative: Distances = np.divide(nearest, second, out=np.zeros_like(nearest), where=second > 0)
    return relative


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
    """Knows the training images, mirrored and shifted, and finds copies of them.

    Attributes
    ----------
    variants
        Features of the moved training images, ``[V, N, D]``; the first are those of the unmoved.
    """

    variants: Features

    @classmethod
    def of(cls, train: Images, extractor: Extractor) -> "Copies":
        """Extract the features of all moved training images ``[N, H, W, 3]``.

        Raises
        ------
        InputError
            Fewer than 3 images: none has two others to compare.
        """
        if len(train) < 3:
            raise InputError(f"{len(train)} training images; looking for copies needs at least 3")
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
        """Return the distances of the training images to each other, infinite to themselves."""
        distances = self.distances(self.train)
        np.fill_diagonal(distances, np.inf)
        return distances

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
            The test, and as evidence the generated images that come closest.
        """
        real = self.among_themselves() if unseen is None else self.distances(unseen)
        distances = self.distances(fake)
        return copy_test(closeness(distances), closeness(real)), _nearest(distances)


def _nearest(distances: Distances) -> list[Nearest]:
    relative = closeness(distances)
    neighbours = distances.argsort(axis=1, kind="stable")[:, :NEIGHBOURS]
    return [
        Nearest(
            generated=int(index),
            closeness=float(relative[index]),
            train=neighbours[index].tolist(),
            distances=distances[index, neighbours[index]].tolist(),
        )
        for index in relative.argsort(kind="stable")[:SHOWN]
    ]
