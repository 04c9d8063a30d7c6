"""Image folders: `class/…`, or `train|valid|test/class/…`, on a disk or in an archive."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipelines.data.choosing import Fit
from pipelines.data.pool import Pool, of_reader
from pipelines.data.reader import Indices
from pipelines.data.sources.formats import Encoded, legible
from pipelines.data.sources.grouping import Grouping, by_pattern
from pipelines.data.sources.listing import Listing, list_folder
from pipelines.data.sources.pictures import Pictures
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError

PARENT = "parent"
"""Groups are the folders below those of the classes."""


def load_folder(root: Path, fit: Fit, skip_bad: bool, group_by: str | None = None) -> Source:
    """List an image folder; its pictures are read when they are asked for.

    Each class is a folder of pictures, named as the class; folders in it are read too. The order
    of classes and pictures is the natural one (`2.png` before `10.png`), on every machine.

    Parameters
    ----------
    root
        Holds one folder a class, or folders `train`, `test` and perhaps `valid` that do. Without
        `test`, the images of `valid` are those to test on.
    fit
        How pictures become squares.
    skip_bad
        Go on without pictures that cannot be read, and say so in the notes.
    group_by
        `parent`: pictures in one folder below that of their class belong together, also with those
        in a folder of the same name below another class. Else a regular expression, as in
        `grouping.by_pattern`. None: each stands for itself.

    Raises
    ------
    InputError
        If the folder is missing or empty, has fewer than two classes, or cannot be grouped.
    """
    return from_listing(list_folder(root), legible(root.resolve().name), fit, skip_bad, group_by)


def from_listing(
    listing: Listing, name: str, fit: Fit, skip_bad: bool, group_by: str | None
) -> Source:
    """Return the source of pictures that were listed, under a name."""
    names = tuple(listing.splits["train"].classes)
    files: dict[str, list[str]] = {}
    labels: dict[str, Indices] = {}
    for part, split in listing.splits.items():
        unknown = [known for known in split.classes if known not in names]
        if unknown:
            raise InputError(
                f"{listing.tree.where}: its {part} split has class {unknown[0]!r}, its train split "
                "does not; give both the same class folders"
            )
        of_class = [split.classes[one].pictures if one in split.classes else [] for one in names]
        files[part] = [file for pictures in of_class for file in pictures]
        labels[part] = np.repeat(np.arange(len(names)), [len(pictures) for pictures in of_class])
    groups = _grouped(listing, files, group_by)
    parts: dict[str, Pool] = {}
    for part, paths in files.items():

        def some(positions: Indices, paths: list[str] = paths) -> Iterator[Encoded]:
            return (listing.tree.encoded(paths[at]) for at in positions.tolist())

        shown = [legible(path) for path in paths]
        reader = Pictures(listing.tree.where, shown, some, fit=fit, skip_bad=skip_bad)
        parts[part] = of_reader(reader, labels[part], names, name, groups.numbers.get(part))
    return from_splits(name, parts, [*listing.notes(), *groups.notes], own=True)


def _grouped(listing: Listing, files: dict[str, list[str]], group_by: str | None) -> Grouping:
    if group_by is None:
        return Grouping()
    if group_by != PARENT:
        return by_pattern(group_by, files)
    folders: dict[str, list[str | None]] = {
        part: [
            path.removeprefix(f"{found.folder}/").rpartition("/")[0] or None
            for found in split.classes.values()
            for path in found.pictures
        ]
        for part, split in listing.splits.items()
    }
    return Grouping.of(folders, files, "lie in a folder below that of their class", PARENT)
