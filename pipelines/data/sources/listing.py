"""What lies in an image folder, before any picture is read."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from groundwork.names import few
from pipelines.data.sources.columns import PARTS
from pipelines.data.sources.formats import in_order, kind, legible
from pipelines.data.sources.nothing import (
    TABLES,
    count_of,
    endings,
    why_no_classes,
    why_nothing,
    why_one,
)
from pipelines.data.sources.roles import (
    ask_of_classes_with_splits,
    called_as_splits,
    split_folders,
)
from pipelines.data.sources.tree import Contents, Disk, Tree, below
from pipelines.data.sources.walk import HEIC, Found, walk
from pipelines.errors import InputError


@dataclass(frozen=True)
class Split:
    """The pictures of one split, or of a folder without splits.

    Attributes
    ----------
    classes
        What was found by class name, in natural order; each holds a picture.
    empty
        Folders that hold no pictures.
    loose
        Number of pictures beside the class folders.
    loops
        Links among the class folders that lead to a folder that these lie in.
    """

    classes: dict[str, Found]
    empty: dict[str, Found]
    loose: int
    loops: list[str]

    @property
    def found(self) -> list[Found]:
        """What every folder holds, with pictures or without."""
        return [*self.classes.values(), *self.empty.values()]


@dataclass(frozen=True)
class Listing:
    """The pictures of an image folder.

    Attributes
    ----------
    tree
        Where they lie.
    splits
        By name: `train`, and perhaps `valid` and `test`.
    folders
        The name of the folder of each split; empty where the classes lie in the root.
    beside
        Folders beside those of the splits.
    again
        Links to folders of splits.
    tables
        Tables beside the classes or the splits, which may hold labels.
    """

    tree: Tree
    splits: dict[str, Split]
    folders: dict[str, str]
    beside: list[str]
    again: list[str]
    tables: list[str]

    def notes(self) -> list[str]:
        """Name what lies in the folder and is not used, or was read in a way worth knowing."""
        splits = self.splits.values()
        found = [one for split in splits for one in split.found]
        loose = sum(split.loose for split in splits)
        left = {
            "files that are no images": endings(found),
            HEIC: count_of([path for one in found for path in one.heic]),
            "links to what is read already, or to nothing,": few(
                [
                    *self.again,
                    *(path for split in splits for path in split.loops),
                    *(path for one in found for path in one.links),
                ]
            ),
            "folders without images": few([name for split in splits for name in split.empty]),
            "folders beside the splits": few(self.beside),
            "images beside the class folders": str(loose or ""),
        }
        notes = [
            f"{folder} was read as its {name} split"
            for name, folder in self.folders.items()
            if folder.lower() not in PARTS
        ]
        notes += [f"{what} were left aside: {names}" for what, names in left.items() if names]
        if self.tables:
            notes.append(
                f"{few(self.tables)} beside the images was not read: the folders are the classes; "
                f"give {self.tree.shown(self.tables[0])} if it says which image is of which class"
            )
        classes = self.splits["train"].classes
        if not self.folders and called_as_splits(classes):
            notes.append(
                f"{few([*classes])} were read as classes, for they hold images and no folders; if "
                "they are splits, put the images of each class into a folder there"
            )
        nested = few(self.nested())
        if nested:
            notes.append(
                f"sub-folders were read as part of the class above them: {nested}; if they are "
                "the classes, put them side by side into one folder"
            )
        return [*map(legible, notes)]

    def nested(self) -> list[str]:
        """Return sub-folders of classes that have no pictures but in several such."""
        names: list[str] = []
        for found in (one for split in self.splits.values() for one in split.classes.values()):
            homes = {path.rpartition("/")[0] for path in found.pictures}
            if found.folder not in homes and len(homes) > 1:
                names += in_order(homes)
        return names


def list_folder(root: Path) -> Listing:
    """Find the pictures of each class in a folder of this computer.

    Raises
    ------
    InputError
        If the folder is missing, cannot be read, or holds no training images of two classes.
    """
    if not root.exists():
        raise InputError(f"{root} does not exist; check the path of the image folder")
    if not root.is_dir():
        raise InputError(
            f"{root} is a file; give an image folder, or a file ending in .csv, .tsv, .zip or .npz"
        )
    try:
        disk = Disk(root)
        listing = list_tree(disk)
    except OSError as error:
        raise InputError(f"{root} cannot be read ({error}); check its permissions") from error
    disk.remember()
    return listing


def list_tree(tree: Tree) -> Listing:
    """Find the pictures of each class, on a disk or in an archive.

    Raises
    ------
    InputError
        If there are no training images of two classes.
    OSError
        If a folder cannot be read.
    """
    folders, again = split_folders(tree)
    splits = {name: _list_split(tree, folder) for name, folder in folders.items()}
    if not any(split.classes for split in splits.values()):
        loose = sum(split.loose for split in splits.values())
        found = [one for split in splits.values() for one in split.found]
        raise InputError(why_nothing(tree, loose, found))
    classes = splits["train"].classes
    if len(classes) < 2:
        raise InputError(why_one(tree, list(classes)))
    top = tree.contents("")
    tables = [name for name in top.files if name.lower().endswith(TABLES)]
    if "" not in folders.values():
        others = [name for name in top.folders if name not in (*folders.values(), *again)]
        return Listing(tree, splits, folders, others, again, tables)
    if tables and called_as_splits(classes):
        raise InputError(why_no_classes(tree, list(classes), tables))
    ask_of_classes_with_splits(tree, {name: one.folder for name, one in classes.items()})
    return Listing(tree, splits, {}, [], again, tables)


def _list_split(tree: Tree, folder: str) -> Split:
    contents = tree.contents(folder)
    loose = sum(kind(below(folder, name), tree.head) == "picture" for name in contents.files)
    split = Split({}, {}, loose, _links_again(tree, folder, contents))
    spelled: dict[str, str] = {}
    for name in contents.folders:
        path = below(folder, name)
        if path in split.loops:
            continue
        found = walk(tree, path)
        (split.classes if found.pictures else split.empty)[composed(name)] = found
        if (other := spelled.setdefault(alike(name), name)) != name:
            raise InputError(
                f"{tree.shown(folder)} holds {other!r} and {name!r}, which differ only in how "
                "they are spelled; put the images of one class into one folder"
            )
    return split


def _links_again(tree: Tree, folder: str, contents: Contents) -> list[str]:
    """Return links among class folders that show another one, or what lies around or in it.

    Raises
    ------
    InputError
        If two links lead to one folder: then nothing says what the class is called.
    """
    if not contents.links.intersection(contents.folders):
        return []
    here = tree.home(folder)
    links = [below(folder, name) for name in contents.folders if name in contents.links]
    real = {
        tree.home(below(folder, name)) for name in contents.folders if name not in contents.links
    }
    again: list[str] = []
    seen: dict[Path, str] = {}
    for link in links:
        target = tree.home(link)
        if here.is_relative_to(target) or real.intersection((target, *target.parents)):
            again.append(link)
        elif (other := seen.setdefault(target, link)) != link:
            raise InputError(
                f"{tree.shown(other)} and {tree.shown(link)} are links to one folder; keep the one "
                "that is called as the class"
            )
    return again


def composed(name: str) -> str:
    """Return a name as Windows writes it: a Mac decomposes its é; both look the same."""
    return unicodedata.normalize("NFC", legible(name))


def alike(name: str) -> str:
    """Return what is the same for two spellings of one class.

    Letters a and A are two classes; Cat and "cat " are one.
    """
    name = composed(name)
    return " ".join(name.casefold().split()) if len(name) > 1 else name
