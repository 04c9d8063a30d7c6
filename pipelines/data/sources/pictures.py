"""Encoded pictures, in files or in a data set, that are decoded when they are asked for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from groundwork.names import few
from pipelines.data.choosing import Fit
from pipelines.data.images import pixel_hashes
from pipelines.data.reader import GROUP_SIDE, Indices, Preparation, Reader
from pipelines.data.sources.formats import Encoded
from pipelines.data.sources.lost import CUT, what_fitting_lost, what_is_dim
from pipelines.data.sources.pixels import (
    DEFAULT_SIZE,
    decode_all,
    side_of,
)
from pipelines.errors import InputError

BATCH = 256
"""Pictures handed to the threads at a time: few enough for a quick answer to Ctrl-C."""
KEPT = 256 * 2**20
"""Bytes of decoded pictures that are kept: those of another instance are often the same ones."""
HASHED = 10_000
"""Pictures hashed at a time: 120 MB of pixels."""
LOOKED_AT = 200
"""Pictures whose sides say how large those of a data set are."""
LARGEST = 512
"""Pictures are worth no larger squares than that."""

Stamp = tuple[int, int, int]
"""Number of a file on its disk, its bytes, and when it was last written, in ns."""
Open = Callable[[Indices], Iterable[Encoded]]
"""Gives the pictures at ascending positions, in that order."""


class Pictures(Reader):
    """Encoded pictures.

    Parameters
    ----------
    name
        Of the data set, for messages.
    names
        Of the pictures, such as their paths.
    open_
        Gives some of them, encoded.
    fit
        How they become squares.
    skip_bad
        Whether those that cannot be read may be left out.
    centred
        Whether small ones are set in the middle of black ones, as in `Preparation`.
    """

    def __init__(
        self,
        name: str,
        names: Sequence[str],
        open_: Open,
        *,
        fit: Fit = "crop",
        skip_bad: bool = False,
        centred: bool = False,
    ) -> None:
        self.name = name
        self.names = names
        self.preparation = Preparation(fit=fit, centred=centred)
        self._open = open_
        self._skip_bad = skip_bad
        self._bad: dict[int, str] = {}
        self._sides = np.zeros((len(names), 2), np.int64)
        self._hashes: dict[int, str] = {}
        self._dim: dict[int, int] = {}
        self._stamps: dict[int, Stamp] = {}
        self._kept: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._kept_bytes = 0

    @cached_property
    def side(self) -> int:
        """The median of some pictures' shorter sides, as a multiple of 8 from 32 to 512."""
        count = len(self.names)
        some = np.unique(np.linspace(0, count - 1, min(count, LOOKED_AT)).astype(np.int64))
        sides = [side for side in map(side_of, self._open(some)) if side is not None]
        median = int(np.median(sides)) // 8 * 8 if sides else DEFAULT_SIZE
        return min(max(median, DEFAULT_SIZE), LARGEST)

    def read(self, positions: Indices, size: int) -> NDArray[np.uint8]:
        """Return pictures; each must be readable."""
        unique, inverse = np.unique(positions, return_inverse=True)
        pixels = self._read(unique, size)
        if any(at in self._bad for at in unique.tolist()):
            self._complain(unique)
        return pixels[inverse]

    def hashes(self, positions: Indices) -> list[str | None]:
        """Return the hashes of the pictures' pixels in squares of 64."""
        unknown = [at for at in np.unique(positions).tolist() if at not in self._hashes]
        for start in range(0, len(unknown), HASHED):  # pixels of all at once could be gigabytes
            some = np.array(unknown[start : start + HASHED])
            hashes = pixel_hashes(self._read(some, GROUP_SIDE))
            self._hashes.update(zip(some.tolist(), hashes, strict=True))
        if not self._skip_bad and any(at in self._bad for at in positions.tolist()):
            self._complain(positions)
        return [None if at in self._bad else self._hashes[at] for at in positions.tolist()]

    def content(self, position: int) -> bytes | None:
        """Return what the file of a picture holds; None if it is gone."""
        (picture,) = self._open(np.array([position]))
        with suppress(OSError):
            if isinstance(picture, bytes):
                return picture
            return picture.read_bytes() if isinstance(picture, Path) else picture()
        return None

    def in_each_fit(self, count: int, size: int) -> dict[Fit, NDArray[np.uint8]]:
        """Return the pictures that squares cost most, in every fit; empty if they cost little."""
        longest = np.maximum(self._sides.max(axis=1), 1)
        lost = np.where(self._sides[:, 0] > 0, 1 - self._sides.min(axis=1) / longest, 0)
        some = np.argsort(-lost, kind="stable")[:count]
        some = np.sort(some[lost[some] > CUT])
        if not len(some):
            return {}
        return {
            fit: decode_all(
                _batches(self._open(some)), len(some), size, "fitting", Preparation(fit=fit)
            ).pixels
            for fit in get_args(Fit)
        }

    def notes(self, sizes: Sequence[int]) -> list[str]:
        """Say which pictures were left out, and what squares of those sizes leave of the rest."""
        notes = []
        if self._bad:
            count, unread = len(self._bad), self._unread(list(self._bad))
            notes.append(f"{count} images that cannot be read were left out: {unread}")
        notes += what_is_dim(self._dim.values(), int(np.count_nonzero(self._sides[:, 0])))
        shown = dict.fromkeys(
            note
            for size in sizes
            for note in what_fitting_lost(self._sides, size, self.preparation.fit)
        )
        return [*notes, *shown]

    def _read(self, positions: Indices, size: int) -> NDArray[np.uint8]:
        """Return pictures at ascending positions; those that cannot be read are black."""
        pixels = np.zeros((len(positions), size, size, 3), np.uint8)
        missing = []
        for at, position in enumerate(positions.tolist()):
            known = self._kept.get((position, size))
            if known is None:
                missing.append(at)
            else:
                pixels[at] = known
        if missing:
            wanted = positions[missing]
            opened = map(self._unchanged, wanted.tolist(), self._open(wanted))
            read = decode_all(
                _batches(opened),
                len(wanted),
                size,
                f"reading {self.name}",
                self.preparation,
            )
            pixels[missing] = read.pixels
            self._sides[wanted] = read.sides
            self._bad |= {int(wanted[at]): reason for at, reason in read.bad.items()}
            self._dim |= {int(wanted[at]): bits for at, bits in read.dim.items()}
            self._keep(wanted, read.pixels, size)
        return pixels

    def _unchanged(self, position: int, picture: Encoded) -> Encoded:
        """Return a picture that is to be read; a file must be the one that it was the first time.

        Where a picture goes was settled by what it showed then. One that was put in its place could
        be in the training and in the test images.

        Raises
        ------
        InputError
            If it was changed since.
        """
        if isinstance(picture, Path):
            with suppress(OSError):  # one that is gone cannot be read, which is said then
                found = picture.stat()
                stamp = found.st_ino, found.st_size, found.st_mtime_ns
                if self._stamps.setdefault(position, stamp) != stamp:
                    raise InputError(
                        f"{self.name}: {self.names[position]} was changed while the images were "
                        "used; leave them alone, and run this again"
                    )
        return picture

    def _keep(self, positions: Indices, pixels: NDArray[np.uint8], size: int) -> None:
        for position, image in zip(positions.tolist(), pixels, strict=True):
            if self._kept_bytes + image.nbytes > KEPT:
                return
            self._kept[position, size] = image.copy()
            self._kept_bytes += image.nbytes

    def _complain(self, positions: Indices) -> None:
        bad = [at for at in dict.fromkeys(positions.tolist()) if at in self._bad]
        what = "replace or delete them, or go on without them (--skip-bad)"
        if self._skip_bad:
            what = "they could be a moment ago, so something changes them; run this again"
        raise InputError(
            f"{self.name}: {len(bad)} of {len(positions)} images cannot be read: "
            f"{self._unread(bad)}; {what}"
        )

    def _unread(self, positions: Sequence[int]) -> str:
        return few([f"{self.names[at]} ({self._bad[at]})" for at in sorted(positions)])


def _batches(pictures: Iterable[Encoded]) -> Iterator[Sequence[Encoded]]:
    remaining = iter(pictures)
    while batch := list(islice(remaining, BATCH)):
        yield batch
