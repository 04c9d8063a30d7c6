"""Why a folder holds no data set, and what to give instead."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from groundwork.names import few
from pipelines.data.sources.formats import kind
from pipelines.data.sources.tree import Disk, Tree, below
from pipelines.data.sources.walk import HEIC, Found, walk

ARCHIVE = ".zip"
MOST_BESIDE = 100
"""Folders beside one without classes, up to which they are looked into."""
TABLES = (".csv", ".tsv")
"""Endings of tables of paths and labels."""


def why_nothing(tree: Tree, loose: int, found: Sequence[Found]) -> str:
    """Say why a folder holds no pictures of any class.

    Parameters
    ----------
    tree
        The folder.
    loose
        Number of pictures beside the class folders.
    found
        What those hold.
    """
    if loose:
        above = _classes_above(tree)
        or_above = (
            f", or give {Path(tree.where).resolve().parent} if this is one of its classes, as "
            f"{few(above)} beside it"
        )
        return (
            f"{tree.where} holds {loose} images but no class folders; "
            f"{_table(tree)}put the images of each class into a folder named as the class"
            f"{or_above if above else ''}"
        )
    if heic := count_of([path for one in found for path in one.heic]):
        return f"{tree.where} holds only {HEIC} {heic}: install it, or save them as JPEG"
    others = endings(found)
    archives = [name for name in tree.contents("").files if name.lower().endswith(ARCHIVE)]
    if archives and isinstance(tree, Disk):
        return f"{tree.where} holds no images, but {few(archives)}; give {tree.shown(archives[0])}"
    return (
        f"{tree.where} holds {f'no images, only {others}' if others else 'no images'}; "
        f"{_table(tree)}give a folder with a sub-folder of images for each class"
    )


def why_one(tree: Tree, names: Sequence[str]) -> str:
    """Say why a folder has not enough classes, and where they may lie.

    Parameters
    ----------
    tree
        The folder.
    names
        Its classes: one or none.
    """
    if not names:
        return (
            f"{tree.where} has training images of no class; make a folder of images for each of "
            "at least two classes"
        )
    inside, folders = "", _with_pictures(tree, "")
    while len(folders) == 1:
        inside = below(inside, folders[0])
        folders = _with_pictures(tree, inside)
        if len(folders) > 1:
            return (
                f"{tree.where} has one folder of images, {names[0]!r}, whose classes lie below it "
                f"({few(folders)}); give {tree.shown(inside)}"
            )
    return (
        f"{tree.where} has training images of one class only, {names[0]!r}; "
        f"{_table(tree)}make a folder of images for each of at least two classes"
    )


def why_no_classes(tree: Tree, names: Sequence[str], tables: Sequence[str]) -> str:
    """Say why folders that are called as splits are no classes, where a table lies beside them."""
    return (
        f"{tree.where} holds images in {few(names)}, which are called as splits, and no class "
        f"folders; give {tree.shown(tables[0])} if it says which image is of which class, or put "
        "the images of each class into a folder named as the class"
    )


def _with_pictures(tree: Tree, folder: str) -> list[str]:
    names = tree.contents(folder).folders
    return [name for name in names if walk(tree, below(folder, name)).pictures]


def endings(found: Iterable[Found]) -> str:
    """Return how many files have which other ending, e.g. `12 .log, 1 .txt`."""
    others = sum((one.others for one in found), Counter[str]())
    return few([f"{count} {ending}" for ending, count in others.most_common()])


def count_of(paths: Sequence[str]) -> str:
    """Return how many there are, and the name of the first; nothing of none."""
    return f"{len(paths)}, e.g. {paths[0].rpartition('/')[2]}" if paths else ""


def _classes_above(tree: Tree) -> list[str]:
    """Return the folders beside a folder that hold images, too, where no table says the labels."""
    if not isinstance(tree, Disk) or _table(tree):
        return []
    root = Path(tree.where).resolve()
    with suppress(OSError):
        parent = Disk(root.parent)
        contents = parent.contents("")
        if len(contents.folders) > MOST_BESIDE:
            return []
        own = [name for name in contents.folders if name != root.name]
        return [name for name in own if _begins_with_pictures(parent, name)]
    return []


def _begins_with_pictures(tree: Tree, folder: str) -> bool:
    """Whether one of the first files of a folder is a picture."""
    with suppress(OSError):
        files = tree.contents(folder).files[:3]
        return any(kind(below(folder, name), tree.head) == "picture" for name in files)
    return False


def _table(tree: Tree) -> str:
    """Point at a table beside the pictures, which may hold their labels."""
    names = [name for name in tree.contents("").files if name.lower().endswith(TABLES)]
    if not names:
        return ""
    others = f" (or {', '.join(names[1:3])})" if len(names) > 1 else ""
    return f"give {tree.shown(names[0])}{others} if it says which image is of which class, or "
