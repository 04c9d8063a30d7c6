"""What lies in an image folder, before any picture is read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.names import natural
from pipelines.errors import InputError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
SPLITS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "test": "test",
    "testing": "test",
}
"""What the folder of a split may be called, in lower case."""
SHOWN = 5
"""Names given in a message; of more, only the number."""


@dataclass(frozen=True)
class Split:
    """The pictures of one split, or of a folder without splits.

    Attributes
    ----------
    classes
        Files by class name, both in natural order.
    empty
        Folders that hold no pictures.
    others
        Number of files with other endings, by ending.
    """

    classes: dict[str, list[Path]]
    empty: list[str]
    others: Counter[str]

    @property
    def files(self) -> list[Path]:
        """Every picture, class by class."""
        return [file for files in self.classes.values() for file in files]


@dataclass(frozen=True)
class Listing:
    """The pictures of an image folder.

    Attributes
    ----------
    splits
        By name: `train`, and perhaps `valid` and `test`.
    beside
        Folders beside those of the splits.
    """

    splits: dict[str, Split]
    beside: list[str]

    def notes(self) -> list[str]:
        """Name what lies in the folder and is not used."""
        empty = [name for split in self.splits.values() for name in split.empty]
        left = {
            "files that are no images": _endings(self.splits),
            "folders without images": few(empty),
            "folders beside the splits": few(self.beside),
        }
        return [f"{what} were left aside: {names}" for what, names in left.items() if names]


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
        splits = {name: _list_split(folder) for name, folder in folders.items()}
        if not any(split.classes for split in splits.values()):
            raise InputError(_why_nothing(root, splits))
        beside = [] if root in folders.values() else _folders(root)
    except OSError as error:
        raise InputError(f"{root} cannot be read ({error}); check its permissions") from error
    found = list(splits["train"].classes)
    if len(found) < 2:
        only = f"of one class only, {found[0]!r}" if found else "of no class"
        raise InputError(
            f"{root} has training images {only}; "
            "make a folder of images for each of at least two classes"
        )
    return Listing(splits, [path.name for path in beside if path not in folders.values()])


def few(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _split_folders(root: Path) -> dict[str, Path]:
    """Return the folder of each split, or the root itself as `train`.

    A class may be called `train` as well: folders are splits only if they hold folders in turn.
    """
    folders = _folders(root)
    splits = {
        SPLITS[path.name.lower()]: path
        for path in folders
        if path.name.lower() in SPLITS and _folders(path)
    }
    if "train" in splits and (len(splits) > 1 or len(folders) == 1):
        return {name: splits[name] for name in ("train", "valid", "test") if name in splits}
    return {"train": root}


def _list_split(folder: Path) -> Split:
    split = Split({}, [], Counter())
    for path in _folders(folder):
        pictures = []
        for file in _files(path):
            if file.suffix.lower() in ENDINGS:
                pictures.append(file)
            else:
                split.others[file.suffix.lower() or file.name] += 1
        if pictures:
            split.classes[path.name] = pictures
        else:
            split.empty.append(path.name)
    return split


def _folders(folder: Path) -> list[Path]:
    found = [path for path in folder.iterdir() if path.is_dir() and not _hidden(path)]
    return sorted(found, key=lambda path: natural(path.name))


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder, then those in the folders below it, in natural order."""
    here = [path for path in folder.iterdir() if path.is_file() and not _hidden(path)]
    below = [file for path in _folders(folder) for file in _files(path)]
    return [*sorted(here, key=lambda path: natural(path.name)), *below]


def _hidden(path: Path) -> bool:
    """Whether a system put it there: `.DS_Store`, `._cat.jpg`, `__MACOSX`, `Thumbs.db`."""
    return path.name.startswith((".", "__")) or path.name.lower() in ("thumbs.db", "desktop.ini")


def _endings(splits: dict[str, Split]) -> str:
    """Return how many files have which other ending, e.g. `12 .heic, 1 .txt`."""
    others = sum((split.others for split in splits.values()), Counter[str]())
    return few([f"{count} {ending}" for ending, count in others.most_common()])


def _why_nothing(root: Path, splits: dict[str, Split]) -> str:
    """Say why a folder holds no pictures of any class."""
    loose = [file for file in root.iterdir() if file.suffix.lower() in ENDINGS]
    if loose:
        return (
            f"{root} holds {len(loose)} images but no class folders; "
            "put the images of each class into a folder named as the class"
        )
    others = _endings(splits)
    found = f"no images, only {others}" if others else "no images"
    return (
        f"{root} holds {found}; give a folder with a sub-folder of images for each class "
        f"({', '.join(ENDINGS)})"
    )
