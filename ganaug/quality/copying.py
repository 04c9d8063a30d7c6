"""Does the generator copy its training images? A test that asks each image whether it was copied.

A copy singles out one image: it lies much nearer to that one than to any other. So an image counts
as reproduced as closely as some generated image singles it out: the distance from that one, over
its distance to the nearest other real image. Training images and unseen ones are scored by the same
generated images; if nothing was copied the two are exchangeable, whatever the generator draws.

Meehan et al. (2020) ask the other way round, whether generated images lie nearer to the training
images than unseen ones do. That takes dull images for copies, which lie in the middle of feature
space and near to everything: photographs that nobody had trained on scored C_T = -4.8 (cats) and
-3.2 (airplanes) when blurred by 1.5 pixels, -1.0 and -1.0 here; mirrored and shifted copies of half
of the training images -8.5 and -8.0, -4.0 and -3.4 here with 56 and 50 % of them found copied.
(CIFAR-10, 50 images each, efficientnet_lite0 at 64 pixels.)
"""

import numpy as np
from scipy.stats import mannwhitneyu, nhypergeom

from ganaug.errors import InputError
from ganaug.quality.originals import Distances, Originals
from ganaug.quality.values import Features
from groundwork.settings import Result

TWINS = 3
"""Rank of the unseen image that a copied one must beat, at least: chance singles out one or two."""
TINY = 1e-12
"""Keeps 0 over 0 at 1: of two identical images neither is singled out."""
SUSPICIOUS = 1e-3
"""How often a generator of new images is called a copier, at most."""
SHOWN, NEIGHBOURS = 12, 3
"""Generated images, and training images beside each, that are remembered as evidence."""


class CopyTest(Result):
    """How closely training images are reproduced, and how closely images that cannot have been."""

    n_train: int
    n_real: int
    """Images that set the yardstick: unseen ones or, where there are none, the training images
    again, as reproduced by one another."""
    n_fake: int
    z: float | None
    """Mann-Whitney statistic of the training images against the unseen ones: standard normal where
    nothing is copied, below -3 where the samples lean on the training images. None without unseen
    images."""
    copied: float
    """Fraction of the training images that are reproduced more closely than `threshold`."""
    copied_floor: float
    """The fraction to expect where nothing is copied."""
    p: float
    """Chance, at most, of so many copied images where nothing is copied."""
    threshold: float
    """Distance to one image over that to the nearest other, under which few unseen ones come."""

    @property
    def copies(self) -> bool:
        """Whether more training images are reproduced than chance explains."""
        return self.p < SUSPICIOUS


class Nearest(Result):
    """A generated image and the training images nearest to it."""

    generated: int
    """Which generated image."""
    closeness: float
    """How much it singles out a training image: 0 for a copy, 1 or more for none."""
    train: list[int]
    """Which training images, the nearest first."""
    distances: list[float]


def copy_test(train: Distances, real: Distances, n_fake: int, *, unseen: bool) -> CopyTest:
    """Compare how closely two sets of images are reproduced.

    The verdict goes by the number of training images below the r-th closest one of the others,
    which follows a negative hypergeometric distribution if both are exchangeable. Two ranks are
    tried and the smaller chance doubled: r = 1 finds most, a larger r bears with chance hits.

    Parameters
    ----------
    train
        Scores of the training images, ``[N]``: see `reproduced`.
    real
        Scores of the others, ``[M]``.
    n_fake
        Generated images that gave the scores.
    unseen
        Whether the others are images that the generator never saw.
    """
    closest = max(TWINS, len(real) // 25)
    if len(train) < 1 or len(real) < closest:
        raise InputError(
            f"{len(train)} training and {len(real)} other images; "
            f"the copy test needs at least 1 and {TWINS}"
        )
    u = mannwhitneyu(train, real, method="asymptotic").statistic
    pairs, images = len(train) * len(real), len(train) + len(real)
    z = float((u - pairs / 2) / np.sqrt(pairs * (images + 1) / 12))
    threshold = _threshold(real, closest)
    return CopyTest(
        n_train=len(train),
        n_real=len(real),
        n_fake=n_fake,
        z=z if unseen else None,
        copied=float(np.mean(train < threshold)),
        copied_floor=closest / (len(real) + 1),
        p=min(1.0, 2 * min(_chance(train, real, rank) for rank in (1, closest))),
        threshold=threshold,
    )


def _threshold(real: Distances, rank: int) -> float:
    """Return the score of that rank, at most 1: from there on no image is singled out at all."""
    return min(1.0, float(np.sort(real)[rank - 1]))


def _chance(train: Distances, real: Distances, rank: int) -> float:
    """Return the chance of as many training images below the other of that rank, the closest 1."""
    below = np.count_nonzero(train < _threshold(real, rank))
    return float(nhypergeom.sf(below - 1, len(train) + len(real), len(train), rank))


def singled_out(distances: Distances) -> Distances:
    """Return each distance over the smallest other one of its row.

    Parameters
    ----------
    distances
        From M images to N, ``[M, N]``; infinite where a pair does not count.

    Returns
    -------
    numpy.ndarray
        ``[M, N]``; below 1 in one column of a row at most.
    """
    nearest, second = np.partition(distances, 1, axis=1)[:, :2].T[:, :, None]
    other = np.where(distances > nearest, nearest, second)
    ratios: Distances = (distances + TINY) / (other + TINY)
    return ratios


def reproduced(distances: Distances) -> Distances:
    """Return for each of N images how much some image of M singles it out, ``[N]``."""
    scores: Distances = singled_out(distances).min(axis=0)
    return scores


def find_copies(
    fake: Features, train: Originals, unseen: Originals | None = None
) -> tuple[CopyTest, list[Nearest]]:
    """Run the copy test on generated images.

    Parameters
    ----------
    fake
        Their features, ``[M, D]``.
    train
        The images that the generator was trained on.
    unseen
        Real images that it never saw. Without them the training images are scored by one another
        and by as many generated images: less sharp, and no statistic of the whole.

    Returns
    -------
    tuple
        The test, and as evidence the generated images that follow a training image most closely.
    """
    distances = train.distances(fake)
    n_train = distances.shape[1]
    if unseen is None:
        others = distances[: n_train - 1]
        yardstick = reproduced(train.among_themselves())
        test = copy_test(reproduced(others), yardstick, len(others), unseen=False)
        return test, _nearest(distances, singled_out(distances))
    ratios = singled_out(np.hstack([distances, unseen.distances(fake)]))
    scores = ratios.min(axis=0)
    test = copy_test(scores[:n_train], scores[n_train:], len(fake), unseen=True)
    return test, _nearest(distances, ratios[:, :n_train])


def _nearest(distances: Distances, ratios: Distances) -> list[Nearest]:
    closeness = ratios.min(axis=1)
    neighbours = distances.argsort(axis=1, kind="stable")[:, :NEIGHBOURS]
    return [
        Nearest(
            generated=int(index),
            closeness=float(closeness[index]),
            train=neighbours[index].tolist(),
            distances=distances[index, neighbours[index]].tolist(),
        )
        for index in closeness.argsort(kind="stable")[:SHOWN]
    ]
