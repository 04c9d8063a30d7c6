"""Images computed by their index, and how they are put together."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.expand.variants import Change, Indices, Pixels
from pipelines.images import Images

Taken = tuple[Pixels, NDArray[np.int64]]
"""Images uint8 ``[n, H, W, 3]`` and their labels ``[n]``."""


class Part(Protocol):
    """Some images, computed by their index."""

    def __len__(self) -> int:
        """Return how many there are."""

    def take(self, indices: Indices) -> Taken:
        """Return the images at ``indices``."""


class Copies:
    """Every original image, changed in one way.

    Parameters
    ----------
    images
        The originals.
    change
        What is done to them; None for nothing.
    """

    def __init__(self, images: Images, change: Change | None = None) -> None:
        self._images, self._change = images, change

    def __len__(self) -> int:
        return len(self._images)

    def take(self, indices: Indices) -> Taken:
        """Return the copies at ``indices``."""
        images, labels = self._images.images[indices], self._images.labels[indices]
        return images if self._change is None else self._change(images, indices), labels


class Joined:
    """Parts one after the other."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._starts = np.cumsum([0, *map(len, parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def take(self, indices: Indices) -> Taken:
        """Return the images at ``indices``, each from its part."""
        part_of = np.searchsorted(self._starts, indices, side="right") - 1
        order = np.argsort(part_of, kind="stable")
        taken = [
            self._parts[part].take(indices[part_of == part] - self._starts[part])
            for part in (np.unique(part_of) if len(indices) else [0])
        ]
        images, labels = (np.concatenate(side) for side in zip(*taken, strict=True))
        back = np.argsort(order)
        return images[back], labels[back]


class Mixed:
    """The average of every ordered pair of ``base``, with the label of the first.

    An image with itself is a pair too: n images give n² pairs. Halves are rounded up.
    """

    def __init__(self, base: Part) -> None:
        self._base = base

    def __len__(self) -> int:
        return len(self._base) ** 2

    def take(self, indices: Indices) -> Taken:
        """Return the averages at ``indices``; the first of a pair changes slowest."""
        first, second = np.divmod(indices, len(self._base))
        ours, labels = self._base.take(first)
        theirs, _ = self._base.take(second)
        # (a | b) - ((a ^ b) >> 1) is the average rounded up, without leaving 8 bits.
        return (ours | theirs) - ((ours ^ theirs) >> 1), labels
