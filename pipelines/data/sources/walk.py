"""The pictures in a folder and in those below it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.data.sources.formats import in_order, kind, of_system

HEIC = "HEIC pictures, which pillow-heif reads (pip install pillow-heif),"


@dataclass
class Found:
    """What one folder and those below it hold.

    Attributes
    ----------
    folder
        Where they lie.
    pictures
        In natural order; those of a folder before those of its sub-folders.
    links
        Links that would show files of the data set a second time, or that lead nowhere.
    heic
        Pictures that a package which is not installed would read.
    others
        Number of files that are no pictures, by ending.
    """

    folder: Path
    pictures: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    heic: list[Path] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def walk(folder: Path, root: Path | None = None) -> Found:
    """Find the pictures in a folder and those below it, each once however it is linked.

    Parameters
    ----------
    folder
        Where to look.
    root
        The whole data set: a link to a folder of it, or to one above it, is left aside.
    """
    found = Found(folder)
    home = (root or folder).resolve()
    _walk(folder, home, {folder.resolve()}, found)
    links = [path for path in found.pictures if path.is_symlink()]
    if not links:  # nearly always; to resolve a hundred thousand paths takes seconds
        return found
    linked = set(links)
    seen = {path.resolve() for path in found.pictures if path not in linked}
    for path in links:
        target = path.resolve()
        if target in seen:
            found.links.append(path)
        seen.add(target)
    twice = set(found.links)
    found.pictures = [path for path in found.pictures if path not in twice]
    return found


def _walk(folder: Path, home: Path, seen: set[Path], found: Found) -> None:
    """Add to ``found`` what a folder holds; ``seen`` are the folders that were walked through."""
    below = []
    for path in in_order([path for path in folder.iterdir() if not of_system(path)]):
        if path.is_dir():
            below.append(path)
        elif not path.is_file():
            found.links.append(path)
        elif (what := kind(path)) == "other":
            found.others[path.suffix.lower() or path.name] += 1
        else:
            (found.pictures if what == "picture" else found.heic).append(path)
    for path in below:
        target = path.resolve()
        inside = target.is_relative_to(home) or home.is_relative_to(target)
        if target in seen or (path.is_symlink() and inside):
            found.links.append(path)
        else:
            seen.add(target)
            _walk(path, home, seen, found)
