"""The pictures of a source in one row, with names that people know; and a source without some.

All that ties the findings to how data sets are read stands here.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipelines.data.pool import Pool
from pipelines.data.reader import GROUP_SIDE, Numbered
from pipelines.data.sources.source import Source
from pipelines.errors import InputError
from pipelines.findings.records import read_excluded

LOOK_SIZE = 128
"""Most pixels a side at which pictures are looked at, whatever size is trained on."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """The pictures of all splits, one after the other.

    Attributes
    ----------
    pixels
        As they are compared, uint8 ``[N, S, S, 3]``.
    labels
        int64 ``[N]``, positions in ``class_names``.
    class_names
        Of the source.
    names
        What each is called: its path below the folder, or its split and number.
    splits
        Name of the split of each.
    pool
        Where they are read larger; None: they are not.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    names: tuple[str, ...]
    splits: tuple[str, ...]
    pool: Pool | None = None

    @classmethod
    def of(cls, pool: Pool, names: tuple[str, ...], splits: tuple[str, ...]) -> Self:
        """Read the pictures of a pool."""
        pixels = pool.read(min(pool.side, GROUP_SIDE)).pixels
        return cls(pixels, pool.labels, pool.class_names, names, splits, pool)

    def __len__(self) -> int:
        return len(self.pixels)

    def looked_at(self) -> NDArray[np.uint8]:
        """Return the pictures as large as they are looked at, uint8 ``[N, S, S, 3]``."""
        return self.pixels if self.pool is None else self._read(self.pool)

    def picture(self, at: int) -> NDArray[np.uint8]:
        """Return one picture for people to look at, uint8 ``[S, S, 3]``."""
        one = self.pixels[[at]] if self.pool is None else self._read(self.pool.select([at]))
        pixels: NDArray[np.uint8] = one[0]
        return pixels

    def content(self, at: int) -> bytes | None:
        """Return what the file of a picture holds; None if it is not a file."""
        return None if self.pool is None else self.pool.content(at)

    def _read(self, pool: Pool) -> NDArray[np.uint8]:
        return pool.read(min(pool.side, LOOK_SIZE)).pixels


def gallery_of(source: Source) -> Gallery:
    """Return the pictures of a source in one row, without those that cannot be read."""
    parts = {split: pool.can_be_read() for split, pool in source.splits.items()}
    every = Pool.concatenate(list(source.splits.values()))
    names = np.array([name for split in parts for name in names_of(source, split)])
    splits = np.repeat(list(parts), [len(mask) for mask in parts.values()])
    good = np.concatenate(list(parts.values()))
    return Gallery.of(every.select(good), tuple(names[good].tolist()), tuple(splits[good].tolist()))


def names_of(source: Source, split: str) -> tuple[str, ...]:
    """Return what the pictures of a split are called: by their files, or by their numbers."""
    pool = source.splits[split]
    numbered = all(isinstance(reader.names, Numbered) for reader in pool.readers)
    return tuple(f"{split}/{name}" if numbered else name for name in pool.names)


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
    parts = {split: pool.select(kept[split]) for split, pool in source.splits.items()}
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
    )


def _check_left(source: Source, train: Pool, table: Path) -> None:
    lost = np.flatnonzero((train.counts() == 0) & (source.train.counts() > 0))
    if len(lost):
        raise InputError(
            f"{table} excludes every training image of class {train.class_names[lost[0]]!r}; keep "
            "some, or leave the class out (--classes)"
        )
