"""What lies in an image folder, before any picture is read."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from groundwork.names import few
from pipelines.data.sources.formats import in_order, kind, legible
from pipelines.data.sources.nothing import count_of, endings, why_nothing, why_one
from pipelines.data.sources.tree import Disk, Tree, below
from pipelines.data.sources.walk import HEIC, Found, walk
from pipelines.errors import InputError

SPLITS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "test": "test",
    "testing": "test",
}
"""What a word in the name of a split's folder may be, in lower case: `seg_train`, `Test Set`."""


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
    """

    tree: Tree
    splits: dict[str, Split]
    folders: dict[str, str]
    beside: list[str]

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
            if folder.lower() not in SPLITS
        ]
        notes += [f"{what} were left aside: {names}" for what, names in left.items() if names]
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
    folders = _split_folders(tree)
    splits = {name: _list_split(tree, folder) for name, folder in folders.items()}
    if not any(split.classes for split in splits.values()):
        loose = sum(split.loose for split in splits.values())
        found = [one for split in splits.values() for one in split.found]
        raise InputError(why_nothing(tree, loose, found))
    if len(splits["train"].classes) < 2:
        raise InputError(why_one(tree, list(splits["train"].classes)))
    if "" in folders.values():
        return Listing(tree, splits, {}, [])
    others = [name for name in tree.contents("").folders if name not in folders.values()]
    return Listing(tree, splits, folders, others)


def _split_folders(tree: Tree) -> dict[str, str]:
    """Return the folder of each split, or the root itself as `train`.

    A class may be called `train` as well: folders are splits only if they hold folders in turn.
    """
    folders = tree.contents("").folders
    named = [(name, role) for name in folders if (role := role_of(name))]
    splits: dict[str, str] = {}
    for name, role in named:
        if not tree.contents(name).folders:
            continue
        if role in splits:
            raise InputError(
                f"{tree.where} holds two folders of its {role} split, {splits[role]} and "
                f"{name}; put their images together"
            )
        splits[role] = name
    if "train" in splits and (len(splits) > 1 or len(folders) == len(named)):
        return {name: splits[name] for name in ("train", "valid", "test") if name in splits}
    if len(splits) > 1:
        raise InputError(
            f"{tree.where} holds {' and '.join(splits.values())}, but no folder train; give the "
            "training images, by class, in a folder of that name"
        )
    return {"train": ""}


def role_of(name: str) -> str | None:
    """Return which split a folder of that name holds; None if it does not say, or says two."""
    roles = {SPLITS[word] for word in re.split(r"[\W_\d]+", name.lower()) if word in SPLITS}
    return roles.pop() if len(roles) == 1 else None


def _list_split(tree: Tree, folder: str) -> Split:
    contents = tree.contents(folder)
    loose = sum(kind(below(folder, name), tree.head) == "picture" for name in contents.files)
    split = Split({}, {}, loose, [])
    spelled: dict[str, str] = {}
    for name in contents.folders:
        path = below(folder, name)
        if name in contents.links and tree.home(folder).is_relative_to(tree.home(path)):
            split.loops.append(path)
            continue
        found = walk(tree, path)
        (split.classes if found.pictures else split.empty)[composed(name)] = found
        if (other := spelled.setdefault(alike(name), name)) != name:
            raise InputError(
                f"{tree.shown(folder)} holds {other!r} and {name!r}, which differ only in how "
                "they are spelled; put the images of one class into one folder"
            )
    return split


def composed(name: str) -> str:
    """Return a name as Windows writes it: a Mac decomposes its é; both look the same."""
    return unicodedata.normalize("NFC", legible(name))


def alike(name: str) -> str:
    """Return what is the same for two spellings of one class.

    Letters a and A are two classes; Cat and "cat " are one.
    """
    name = composed(name)
    return " ".join(name.casefold().split()) if len(name) > 1 else name
