"""Image folders: `class/…`, or `train|valid|test/class/…`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipelines.data.pool import Pool, of_reader
from pipelines.data.reader import Fit, Indices
from pipelines.data.sources.listing import Split, list_folder
from pipelines.data.sources.pictures import Pictures
from pipelines.data.sources.pixels import Encoded
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError


def load_folder(root: Path, fit: Fit, skip_bad: bool) -> Source:
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

    Raises
    ------
    InputError
        If the folder is missing or empty, or has fewer than two classes.
    """
    listing = list_folder(root)
    names = tuple(listing.splits["train"].classes)
    parts: dict[str, Pool] = {}
    for name, split in listing.splits.items():
        unknown = [known for known in split.classes if known not in names]
        if unknown:
            raise InputError(
                f"{root}: its {name} split has class {unknown[0]!r}, its train split does not; "
                "give both the same class folders"
            )
        parts[name] = _pool(root, split, names, fit, skip_bad)
    return from_splits(root.resolve().name, parts, listing.notes(), own=True)


def _pool(root: Path, split: Split, names: tuple[str, ...], fit: Fit, skip_bad: bool) -> Pool:
    of_class = [split.classes[name].pictures if name in split.classes else [] for name in names]
    files = [file for pictures in of_class for file in pictures]
    labels = np.repeat(np.arange(len(names)), [len(pictures) for pictures in of_class])

    def some(positions: Indices) -> Iterator[Encoded]:
        return (files[at] for at in positions.tolist())

    shown = [file.relative_to(root).as_posix() for file in files]
    reader = Pictures(str(root), shown, some, fit=fit, skip_bad=skip_bad)
    return of_reader(reader, labels, names, root.resolve().name)
