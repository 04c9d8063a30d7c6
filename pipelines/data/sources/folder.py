"""Image folders: `class/…`, or `train|valid|test/class/…`."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.data.images import Images
from pipelines.data.sources.listing import Split, list_folder
from pipelines.data.sources.pixels import DEFAULT_SIZE, decode_all, what_fitting_lost
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError

BATCH = 256
"""Pictures handed to the threads at a time: few enough for a quick answer to Ctrl-C."""


def load_folder(root: Path, size: int | None, skip_bad: bool) -> Source:
    """Read an image folder.

    Each class is a folder of pictures, named as the class; folders in it are read too. The order
    of classes and pictures is the natural one (`2.png` before `10.png`), on every machine.

    Parameters
    ----------
    root
        Holds one folder a class, or folders `train`, `test` and perhaps `valid` that do. Without
        `test`, the images of `valid` are those to test on.
    size
        Side of the images; None: 32.
    skip_bad
        Go on without pictures that cannot be read, and say so in the notes.

    Raises
    ------
    InputError
        If the folder is missing or empty, has fewer than two classes, or holds unreadable
        pictures.
    """
    listing = list_folder(root)
    names = tuple(listing.splits["train"].classes)
    notes = listing.notes()
    parts: dict[str, Images] = {}
    called: dict[str, tuple[str, ...]] = {}
    sides = []
    for name, split in listing.splits.items():
        unknown = [known for known in split.classes if known not in names]
        if unknown:
            raise InputError(
                f"{root}: its {name} split has class {unknown[0]!r}, its train split does not; "
                "give both the same class folders"
            )
        parts[name], left_out, measured, kept = _read(
            root, split, names, size or DEFAULT_SIZE, skip_bad
        )
        files = split.files
        called[name] = tuple(files[at].relative_to(root).as_posix() for at in kept)
        notes += left_out
        sides.append(measured)
    notes += what_fitting_lost(np.concatenate(sides), size or DEFAULT_SIZE)
    return from_splits(root.resolve().name, parts, notes, own=True, names=called, root=root)


def _read(
    root: Path, split: Split, names: tuple[str, ...], size: int, skip_bad: bool
) -> tuple[Images, list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Read one split; return it with what was left out, the sides as they were, what was read."""
    files = split.files
    read = decode_all(_batches(files), len(files), size, f"reading {root.name}")
    pixels = read.pixels
    counts = [len(split.classes[name].pictures) if name in split.classes else 0 for name in names]
    labels = np.repeat(np.arange(len(names)), counts)
    notes = []
    if read.bad:
        unread = read.unread([file.relative_to(root) for file in files])
        if not skip_bad:
            raise InputError(
                f"{root}: {len(read.bad)} of {len(files)} images cannot be read: {unread}; "
                "replace or delete them, or go on without them (--skip-bad)"
            )
        pixels, labels = pixels[read.good], labels[read.good]
        notes.append(f"{len(read.bad)} images that cannot be read were left out: {unread}")
    return Images(pixels, labels, names, root.resolve().name), notes, read.sides, read.good


def _batches(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    remaining = iter(files)
    while batch := list(islice(remaining, BATCH)):
        yield batch
