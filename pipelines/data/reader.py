"""Where the pictures of a data set lie, and how they become images of the size asked for."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundwork.settings import Result
from pipelines.data.choosing import Fit
from pipelines.data.images import middle, outer_side, pixel_hashes, resized

Indices = NDArray[np.int64]
SHRUNK = 1.5
"""How much smaller images are made before that is said."""
GROUP_SIDE = 64
"""At which pictures are compared with one another, whatever size they are trained at."""


class Preparation(Result):
    """How a picture becomes one of the images that a classifier is trained on."""

    fit: Fit = "crop"
    """How it becomes a square."""
    centred: bool = False
    """Whether one of less than 32 pixels a side is set in the middle of 32 black ones, the custom
    for MNIST and its kin, instead of being enlarged."""


USUAL = Preparation()
"""The centre square, enlarged or shrunk."""


class Reader(ABC):
    """Where the pictures of a data set lie, numbered from 0."""

    names: Sequence[str]
    """What tells a person which picture it is, such as its path in the folder."""
    preparation: Preparation
    """What is done to a picture besides changing its size."""

    @property
    @abstractmethod
    def side(self) -> int:
        """Side in pixels of the squares that these pictures are worth; at least 32."""

    @abstractmethod
    def read(self, positions: Indices, size: int) -> NDArray[np.uint8]:
        """Return pictures as uint8 ``[n, size, size, 3]``.

        Raises
        ------
        InputError
            If one cannot be read.
        """

    @abstractmethod
    def hashes(self, positions: Indices) -> list[str | None]:
        """Return a hash of the content of each picture: equal only for identical ones.

        None stands for a picture that cannot be read and may be left out.

        Raises
        ------
        InputError
            If one cannot be read, and may not be left out.
        """

    def content(self, position: int) -> bytes | None:
        """Return what the file of a picture holds; None if it is no file, or is gone."""
        return None

    def in_each_fit(self, count: int, size: int) -> dict[Fit, NDArray[np.uint8]]:
        """Return the pictures that squares cost most, of those read so far, in every fit.

        Parameters
        ----------
        count
            At most so many.
        size
            Side of the squares.

        Returns
        -------
        dict of str to numpy.ndarray
            The same pictures in each, uint8 ``[n, size, size, 3]``; empty if they are squares.
        """
        return {}

    def notes(self, sizes: Sequence[int]) -> list[str]:
        """Say what was left out of what has been read so far, and what those sizes cost."""
        return []


class InMemory(Reader):
    """Pictures that are decoded already.

    Parameters
    ----------
    pixels
        uint8 ``[N, S, S, 3]``.
    preparation
        What is done to make them what a classifier is trained on.
    done
        Whether all of that was done to them. Else they are whole squares still, of which the fit
        `inner` keeps the middle.
    """

    def __init__(
        self, pixels: NDArray[np.uint8], preparation: Preparation = USUAL, *, done: bool = False
    ) -> None:
        self.pixels = pixels
        self.preparation = preparation
        self.names = Numbered(len(pixels))
        self._done = done

    @property
    def side(self) -> int:
        """Side of the pictures."""
        return int(min(self.pixels.shape[1:3]))

    def read(self, positions: Indices, size: int) -> NDArray[np.uint8]:
        """Return pictures; another size than their own is interpolated."""
        if self.preparation.fit == "inner" and not self._done:
            return middle(resized(self.pixels[positions], outer_side(size)), size)
        return resized(self.pixels[positions], size)

    def hashes(self, positions: Indices) -> list[str | None]:
        """Return the hashes of the pixels."""
        return list(pixel_hashes(self.pixels[positions]))

    def notes(self, sizes: Sequence[int]) -> list[str]:
        """Say which of those sizes is much smaller than the pictures."""
        return [
            f"images of {self.side} pixels were shrunk to {size} (--size for more)"
            for size in sizes
            if size * SHRUNK <= self.side
        ]


class Numbered(Sequence[str]):
    """The numbers of pictures that have no name, as text."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        return str(range(self._count)[at])
