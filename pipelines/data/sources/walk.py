"""The pictures in a folder and in those below it."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.data.sources.formats import kind
from pipelines.data.sources.tree import Tree, below

HEIC = "HEIC pictures, which pillow-heif reads (pip install pillow-heif),"


@dataclass
class Found:
    """What one folder and those below it hold; paths begin at the root of the tree.

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

    folder: str
    pictures: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    heic: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def walk(tree: Tree, folder: str = "") -> Found:
    """Find the pictures in a folder of a tree and those below it, each once however it is linked.

    A link to a folder of the tree, or to one above it, is left aside.
    """
    found = Found(folder)
    linked: set[str] = set()
    _walk(tree, folder, tree.home(""), {tree.home(folder)}, found, linked)
    if not linked:  # nearly always; to resolve a hundred thousand paths takes seconds
        return found
    seen = {tree.home(path) for path in found.pictures if path not in linked}
    for path in [path for path in found.pictures if path in linked]:
        target = tree.home(path)
        if target in seen:
            found.links.append(path)
        seen.add(target)
    twice = set(found.links)
    found.pictures = [path for path in found.pictures if path not in twice]
    return found


def _walk(
    tree: Tree, folder: str, home: Path, seen: set[Path], found: Found, linked: set[str]
) -> None:
    """Add to ``found`` what a folder holds; ``seen`` are the folders that were walked through."""
    contents = tree.contents(folder)
    found.links += [below(folder, name) for name in contents.nowhere]
    for name in contents.files:
        path = below(folder, name)
        what = kind(path, tree.head)
        if what == "other":
            found.others[os.path.splitext(name)[1].lower() or name] += 1  # noqa: PTH122
            continue
        (found.pictures if what == "picture" else found.heic).append(path)
        if name in contents.links:
            linked.add(path)
    for name in contents.folders:
        path = below(folder, name)
        target = tree.home(path)
        inside = target.is_relative_to(home) or home.is_relative_to(target)
        if target in seen or (name in contents.links and inside):
            found.links.append(path)
        else:
            seen.add(target)
            _walk(tree, path, home, seen, found, linked)
