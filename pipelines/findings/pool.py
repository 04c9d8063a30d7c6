"""The pictures of a source in one row, with names that people know; and a source without some.

All that ties the findings to how data sets are read stands here.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.data.images import Images
from pipelines.data.sources.source import Source
from pipelines.errors import InputError
from pipelines.findings.records import read_excluded

LOOK_SIZE = 128
"""Side in pixels at which the files of a folder are looked at, whatever size is trained on."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The pictures of all splits, one after the other.

    Attributes
    ----------
    pixels
        As they are trained on, uint8 ``[N, S, S, 3]``.
    labels
        int64 ``[N]``, positions in ``class_names``.
    class_names
        Of the source.
    names
        What each is called: its path below the folder, or its split and number.
    splits
        Name of the split of each.
    root
        The folder, if they are files.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    names: tuple[str, ...]
    splits: tuple[str, ...]
    root: Path | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    def looked_at(self) -> NDArray[np.uint8]:
        """Return the pictures as large as they are looked at, uint8 ``[N, S, S, 3]``."""
        if self.root is None or self.pixels.shape[1] >= LOOK_SIZE:
            return self.pixels
        from pipelines.data.sources.pixels import decode_all

        files = [self.root / name for name in self.names]
        batches = (files[at : at + 256] for at in range(0, len(files), 256))
        return decode_all(batches, len(files), LOOK_SIZE, "reading at 128 pixels").pixels

    def picture(self, at: int) -> NDArray[np.uint8]:
        """Return one picture for people to look at, uint8 ``[S, S, 3]``: by its file if it can."""
        if self.root is not None:
            from pipelines.data.sources.pixels import UNREADABLE, decode

            with suppress(*UNREADABLE):  # it was there when it was read
                return decode(self.root / self.names[at], max(LOOK_SIZE, self.pixels.shape[1]))
        pixels: NDArray[np.uint8] = self.pixels[at]
        return pixels


def pool_of(source: Source) -> Pool:
    """Return the pictures of a source in one row."""
    parts = source.splits
    names = [name for split in parts for name in names_of(source, split)]
    return Pool(
        np.concatenate([images.pixels for images in parts.values()]),
        np.concatenate([images.labels for images in parts.values()]),
        source.train.class_names,
        tuple(names),
        tuple(split for split, images in parts.items() for _ in range(len(images))),
        source.root,
    )


def names_of(source: Source, split: str) -> tuple[str, ...]:
    """Return what the pictures of a split are called: by their files, or by their numbers."""
    images = source.splits[split]
    return source.names.get(split) or tuple(f"{split}/{number}" for number in range(len(images)))


def without(source: Source, table: Path) -> Source:
    """Return a source without the pictures that a table of findings excludes.

    Raises
    ------
    InputError
        If the table cannot be read, names a picture that is not there, or leaves no training image
        of a class.
    """
    excluded = read_excluded(table)
    names = {split: names_of(source, split) for split in source.splits}
    unknown = excluded.keys() - {name for own in names.values() for name in own}
    if unknown:
        first = min(unknown, key=excluded.__getitem__)
        more = f" (and {len(unknown) - 1} more files)" if len(unknown) > 1 else ""
        raise InputError(
            f"{table}, line {excluded[first]}: {first} is not in {source.name}{more}; run "
            "`ganaug data` on it again"
        )
    kept = {split: [name not in excluded for name in own] for split, own in names.items()}
    parts = {split: images.select(kept[split]) for split, images in source.splits.items()}
    _check_left(source, parts["train"], table)
    gone = Counter(split for split, own in kept.items() for keep in own if not keep)
    count = ", ".join(f"{number} of {split}" for split, number in gone.items())
    note = f"{gone.total()} images were left out by {table}" + (f": {count}" if count else "")
    return replace(
        source,
        train=parts["train"],
        test=parts.get("test"),
        valid=parts.get("valid"),
        notes=[*source.notes, note],
        names={
            split: tuple(name for name in own if name not in excluded)
            for split, own in names.items()
        },
    )


def _check_left(source: Source, train: Images, table: Path) -> None:
    lost = np.flatnonzero((train.counts() == 0) & (source.train.counts() > 0))
    if len(lost):
        raise InputError(
            f"{table} excludes every training image of class {train.class_names[lost[0]]!r}; keep "
            "some, or leave the class out (--classes)"
        )
