"""Labelled pictures of a data set that are read when they are asked for, at the size asked for."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from groundwork.terminal import printable
from pipelines.data.images import Images
from pipelines.data.labelled import Labelled, chosen, same_group
from pipelines.data.reader import USUAL, Indices, InMemory, Preparation, Reader
from pipelines.errors import InputError


@dataclass(frozen=True, eq=False)
class Pool(Labelled):
    """Labelled pictures, none of them read yet.

    Attributes
    ----------
    readers
        Where they lie.
    origin, position
        Of each picture its reader, and its number there, ``[N]``.
    labels
        Positions in ``class_names``, ``[N]``.
    class_names
        Distinct names, one a label.
    source
        Name of the data set they come from.
    together
        A number for each picture, ``[N]``: those of one number show one object, person or scene and
        stay on one side of every split. None: each stands for itself.
    """

    readers: tuple[Reader, ...]
    origin: Indices
    position: Indices
    labels: Indices
    class_names: tuple[str, ...]
    source: str
    together: Indices | None = None

    def __repr__(self) -> str:
        return f"Pool({len(self)} of {self.source}: {', '.join(self.class_names[:10])})"

    @property
    def side(self) -> int:
        """Side in pixels of the squares that the pictures are worth."""
        return min(reader.side for reader in self.readers)

    @property
    def preparation(self) -> Preparation:
        """What is done to a picture besides changing its size."""
        return self.readers[0].preparation

    @property
    def names(self) -> list[str]:
        """What tells a person which picture it is, ``[N]``."""
        pairs = zip(self.origin.tolist(), self.position.tolist(), strict=True)
        return [self.readers[origin].names[position] for origin, position in pairs]

    def select(self, indices: ArrayLike) -> Self:
        """Return the pictures at ``indices``, in that order; a boolean mask does as well."""
        which = chosen(indices)
        return replace(
            self,
            origin=self.origin[which],
            position=self.position[which],
            labels=self.labels[which],
            together=None if self.together is None else self.together[which],
        )

    def relabelled(self, labels: Sequence[int]) -> Self:
        """Return the pictures of some labels, which are counted from 0 in that order."""
        new = np.full(len(self.class_names), -1)
        new[list(labels)] = np.arange(len(labels))
        kept = np.concatenate([np.flatnonzero(self.labels == label) for label in labels])
        names = tuple(self.class_names[label] for label in labels)
        return replace(self.select(kept), labels=new[self.labels[kept]], class_names=names)

    def read(self, size: int | None = None) -> Images:
        """Read every picture.

        Parameters
        ----------
        size
            Side of the squares in pixels; None: `side`.

        Raises
        ------
        InputError
            If one cannot be read.
        """
        side = size or self.side
        pixels = np.empty((len(self), side, side, 3), np.uint8)
        for number, reader in enumerate(self.readers):
            own = np.flatnonzero(self.origin == number)
            if len(own):
                pixels[own] = reader.read(self.position[own], side)
        return Images(pixels, self.labels, self.class_names, self.source, self.together)

    def content(self, at: int) -> bytes | None:
        """Return what the file of one picture holds; None if it is no file, or is gone."""
        reader: Reader = self.readers[int(self.origin[at])]
        return reader.content(int(self.position[at]))

    def hashes(self) -> list[str | None]:
        """Return a hash of the content of each picture; None for one that is to be left out."""
        found: list[str | None] = [None] * len(self)
        for number, reader in enumerate(self.readers):
            own = np.flatnonzero(self.origin == number)
            hashes = reader.hashes(self.position[own]) if len(own) else []
            for at, one in zip(own.tolist(), hashes, strict=True):
                found[at] = one
        return found

    def can_be_read(self) -> NDArray[np.bool_]:
        """Return which pictures can be read, as a mask ``[N]``; the others may be left out.

        Raises
        ------
        InputError
            If one cannot be read, and may not be left out.
        """
        return np.array([one is not None for one in self.hashes()], dtype=bool)

    def found_in(self, hashes: Container[str | None]) -> NDArray[np.bool_]:
        """Return which pictures have one of these hashes, as a mask ``[N]``."""
        return np.array([one in hashes for one in self.hashes()], dtype=bool)

    def identical(self) -> Indices:
        """Return a number for each picture, the same for identical ones, ``[N]``."""
        hashes = [one or "" for one in self.hashes()]
        return np.unique(hashes, return_inverse=True)[1].astype(np.int64)

    def groups(self) -> Indices:
        """Return a number for each picture, the same for those to keep on one side, ``[N]``."""
        return same_group(self.identical(), self.together)

    @classmethod
    def concatenate(cls, parts: Sequence["Pool"]) -> Self:
        """Join pictures of the same classes, in order."""
        if not parts:
            raise InputError("no images to concatenate; give at least one part")
        first = parts[0]
        readers: list[Reader] = []
        origins, together = [], []
        for number, part in enumerate(parts):
            if part.class_names != first.class_names:
                raise InputError(f"cannot join {first!r} and {part!r}: classes must be the same")
            origins.append(part.origin + len(readers))
            readers += part.readers
            alone = -1 - np.arange(len(part)) - sum(map(len, parts[:number]))
            together.append(alone if part.together is None else part.together)
        grouped = any(part.together is not None for part in parts)
        return cls(
            tuple(readers),
            np.concatenate(origins),
            np.concatenate([part.position for part in parts]),
            np.concatenate([part.labels for part in parts]),
            first.class_names,
            " + ".join(dict.fromkeys(part.source for part in parts)),
            np.concatenate(together) if grouped else None,
        )


def of_reader(
    reader: Reader,
    labels: ArrayLike,
    class_names: Sequence[str],
    source: str,
    together: Indices | None = None,
) -> Pool:
    """Return all pictures of one reader, with their labels ``[N]``.

    In the names of classes line ends and the like are spelled out: they stand in tables.
    """
    array = np.asarray(labels, np.int64)
    return Pool(
        (reader,),
        np.zeros(len(array), np.int64),
        np.arange(len(array)),
        array,
        tuple(map(printable, class_names)),
        source,
        together,
    )


def in_memory(images: Images, preparation: Preparation = USUAL, *, done: bool = False) -> Pool:
    """Return a pool of images that are decoded already; parameters as for `InMemory`."""
    reader = InMemory(images.pixels, preparation, done=done)
    return of_reader(reader, images.labels, images.class_names, images.source, images.together)
