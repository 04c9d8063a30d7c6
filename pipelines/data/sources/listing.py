"""What lies in an image folder, before any picture is read."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from groundwork.names import few
from pipelines.data.sources.formats import in_order, kind, of_system
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
    """

    classes: dict[str, Found]
    empty: dict[str, Found]
    loose: int

    @property
    def files(self) -> list[Path]:
        """Every picture, class by class."""
        return [file for found in self.classes.values() for file in found.pictures]

    @property
    def found(self) -> list[Found]:
        """What every folder holds, with pictures or without."""
        return [*self.classes.values(), *self.empty.values()]


@dataclass(frozen=True)
class Listing:
    """The pictures of an image folder.

    Attributes
    ----------
    root
        The folder.
    splits
        By name: `train`, and perhaps `valid` and `test`.
    folders
        The name of the folder of each split; empty where the classes lie in the root.
    beside
        Folders beside those of the splits.
    """

    root: Path
    splits: dict[str, Split]
    folders: dict[str, str]
    beside: list[str]

    def notes(self) -> list[str]:
        """Name what lies in the folder and is not used, or was read in a way worth knowing."""
        splits = self.splits.values()
        found = [one for split in splits for one in split.found]
        loose = sum(split.loose for split in splits)
        left = {
            "files that are no images": _endings(found),
            HEIC: _count([path for one in found for path in one.heic]),
            "links to what is read already, or to nothing,": few(
                [self._name(path) for one in found for path in one.links]
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
        nested = few(self._nested())
        if nested:
            notes.append(
                f"sub-folders were read as part of the class above them: {nested}; if they are "
                "the classes, put them side by side into one folder"
            )
        return notes

    def _nested(self) -> list[str]:
        """Return sub-folders of classes that have no pictures but in several such."""
        names: list[str] = []
        for found in (one for split in self.splits.values() for one in split.classes.values()):
            homes = {path.parent for path in found.pictures}
            if found.folder not in homes and len(homes) > 1:
                names += [self._name(home) for home in in_order(list(homes))]
        return names

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def list_folder(root: Path) -> Listing:
    """Find the pictures of each class.

    Raises
    ------
    InputError
        If the folder is missing, cannot be read, or holds no training images of two classes.
    """
    if not root.exists():
        raise InputError(f"{root} does not exist; check the path of the image folder")
    if not root.is_dir():
        raise InputError(f"{root} is a file; give an image folder or a file ending in .npz")
    try:
        folders = _split_folders(root)
        splits = {name: _list_split(root, folder) for name, folder in folders.items()}
        if not any(split.classes for split in splits.values()):
            raise InputError(_why_nothing(root, splits))
        found = list(splits["train"].classes)
        if len(found) < 2:
            raise InputError(_why_one(root, splits["train"]))
        parted = root not in folders.values()
        beside = _folders(root) if parted else []
    except OSError as error:
        raise InputError(f"{root} cannot be read ({error}); check its permissions") from error
    others = [path.name for path in beside if path not in folders.values()]
    names = {split: path.name for split, path in folders.items()} if parted else {}
    return Listing(root, splits, names, others)


def _split_folders(root: Path) -> dict[str, Path]:
    """Return the folder of each split, or the root itself as `train`.

    A class may be called `train` as well: folders are splits only if they hold folders in turn.
    """
    folders = _folders(root)
    named = [(path, role) for path in folders if (role := _role(path.name))]
    splits: dict[str, Path] = {}
    for path, role in named:
        if not _folders(path):
            continue
        if role in splits:
            raise InputError(
                f"{root} holds two folders of its {role} split, {splits[role].name} and "
                f"{path.name}; put their images together"
            )
        splits[role] = path
    if "train" in splits and (len(splits) > 1 or len(folders) == len(named)):
        return {name: splits[name] for name in ("train", "valid", "test") if name in splits}
    if len(splits) > 1:
        raise InputError(
            f"{root} holds {' and '.join(path.name for path in splits.values())}, but no folder "
            "train; give the training images, by class, in a folder of that name"
        )
    return {"train": root}


def _role(name: str) -> str | None:
    """Return which split a folder of that name holds; None if it does not say, or says two."""
    roles = {SPLITS[word] for word in re.split(r"[\W_\d]+", name.lower()) if word in SPLITS}
    return roles.pop() if len(roles) == 1 else None


def _list_split(root: Path, folder: Path) -> Split:
    split = Split({}, {}, sum(kind(path) == "picture" for path in _files(folder)))
    spelled: dict[str, str] = {}
    for path in _folders(folder):
        # A Mac decomposes the é of a name that Windows composes; both look the same.
        name = unicodedata.normalize("NFC", path.name)
        found = walk(path, root)
        (split.classes if found.pictures else split.empty)[name] = found
        # Letters a and A are two classes; Cat and "cat " are one, spelled twice.
        alike = " ".join(name.casefold().split()) if len(name) > 1 else name
        if spelled.setdefault(alike, path.name) != path.name:
            raise InputError(
                f"{folder} holds {spelled[alike]!r} and {path.name!r}, which differ only in how "
                "they are spelled; put the images of one class into one folder"
            )
    return split


def _folders(folder: Path) -> list[Path]:
    return in_order([path for path in folder.iterdir() if path.is_dir() and not of_system(path)])


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not of_system(path)]


def _endings(found: Iterable[Found]) -> str:
    """Return how many files have which other ending, e.g. `12 .log, 1 .txt`."""
    others = sum((one.others for one in found), Counter[str]())
    return few([f"{count} {ending}" for ending, count in others.most_common()])


def _count(paths: list[Path]) -> str:
    return f"{len(paths)}, e.g. {paths[0].name}" if paths else ""


def _why_nothing(root: Path, splits: dict[str, Split]) -> str:
    """Say why a folder holds no pictures of any class."""
    loose = sum(split.loose for split in splits.values())
    if loose:
        return (
            f"{root} holds {loose} images but no class folders; "
            "put the images of each class into a folder named as the class"
        )
    found = [one for split in splits.values() for one in split.found]
    if heic := _count([path for one in found for path in one.heic]):
        return f"{root} holds only {HEIC} {heic}: install it, or save them as JPEG"
    others = _endings(found)
    return (
        f"{root} holds {f'no images, only {others}' if others else 'no images'}; give a folder "
        "with a sub-folder of images for each class"
    )


def _why_one(root: Path, train: Split) -> str:
    """Say why a folder has not enough classes, and where they may lie."""
    if not train.classes:
        return (
            f"{root} has training images of no class; make a folder of images for each of at "
            "least two classes"
        )
    (name,) = train.classes
    below = _folders(root)
    while len(below) == 1:
        inside = below[0]
        below = [path for path in _folders(inside) if walk(path).pictures]
        if len(below) > 1:
            return (
                f"{root} has one folder, {name!r}, whose classes lie below it "
                f"({few([path.name for path in below])}); give {inside}"
            )
    return (
        f"{root} has training images of one class only, {name!r}; "
        "make a folder of images for each of at least two classes"
    )
