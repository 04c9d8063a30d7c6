"""Who is compared with whom: generated images and real ones before the same judge, at equal n."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganaug.quality.values import Features

MOST_BLOCKS = 8
"""Blocks of generated images to average over; the error is that of one, so more gain little."""


class Labelled(NamedTuple):
    """Features of images and the number of each image's class."""

    features: Features
    labels: NDArray[np.intp]


class Comparison(NamedTuple):
    """Generated and real images of the same classes, mixed alike, against the same reference."""

    reference: Labelled
    """Real images that both are compared with."""
    yardstick: Labelled
    """Other real images: what a perfect generator would draw. They give the floor."""
    blocks: list[Labelled]
    """Generated images in disjoint parts, each as large as the yardstick."""
    generated: Labelled
    """All generated images."""

    def parts(self, *, floor: bool) -> list[Labelled]:
        """Return what to judge at equal n: the generated blocks, or for the floor the yardstick."""
        return [self.yardstick] if floor else self.blocks

    def whole(self, *, floor: bool) -> Labelled:
        """Return what to judge at any n: all generated images, or for the floor the yardstick."""
        return self.yardstick if floor else self.generated


def against_held_out(
    train: list[Features], held_out: list[Features], generated: list[Features]
) -> list[Comparison]:
    """Compare the generated and the training images with unseen ones.

    Parameters
    ----------
    train, held_out, generated
        Features ``[N, D]`` class by class.
    """
    return [_compare(held_out, train, generated)]


def against_halves(train: list[Features], generated: list[Features], seed: int) -> list[Comparison]:
    """Cut the training images in two halves, compare with one and let the other set the floor.

    Returns
    -------
    list of Comparison
        Two: either half takes either part.
    """
    first, second = [], []
    for index, features in enumerate(train):
        order = np.random.default_rng([seed, index]).permutation(len(features))
        first.append(features[order[::2]])
        second.append(features[order[1::2]])
    return [_compare(first, second, generated), _compare(second, first, generated)]


def _compare(
    reference: list[Features], yardstick: list[Features], generated: list[Features]
) -> Comparison:
    """Take equally many images of each class, so that all sides mix the classes alike."""
    most = min(map(len, generated))
    n = min(most, *map(len, yardstick))
    blocks = [_stack(generated, start, n) for start in range(0, most - n + 1, n)]
    return Comparison(
        reference=_stack(reference, 0, min(map(len, reference))),
        yardstick=_stack(yardstick, 0, n),
        blocks=blocks[:MOST_BLOCKS],
        generated=_stack(generated, 0, most),
    )


def _stack(classes: list[Features], start: int, n: int) -> Labelled:
    """Join rows ``start`` to ``start + n`` of each class."""
    features = np.concatenate([features[start : start + n] for features in classes])
    return Labelled(features, np.repeat(np.arange(len(classes)), n))
