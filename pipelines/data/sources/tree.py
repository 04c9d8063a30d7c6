"""Folders of a data set, whether they lie on a disk or in an archive."""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.data.sources.formats import HEAD, Encoded, in_order, of_system
from pipelines.data.sources.index import Entries, Index


@dataclass
class Contents:
    """What one folder holds, without what an operating system left there, in natural order.

    Attributes
    ----------
    folders, files
        Names, those of links to such included.
    links
        Which of these names are links.
    nowhere
        Links to nothing, and what is neither file nor folder.
    """

    folders: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    links: frozenset[str] = frozenset()
    nowhere: list[str] = field(default_factory=list)


class Tree(ABC):
    """The folders below a root. Paths in it begin at the root and have slashes; its own is empty.

    Attributes
    ----------
    where
        The root, as it is called in messages.
    """

    where: str

    @abstractmethod
    def contents(self, folder: str) -> Contents:
        """Return what a folder holds.

        Raises
        ------
        OSError
            If it cannot be read.
        """

    @abstractmethod
    def head(self, path: str) -> bytes:
        """Return the first bytes of a file."""

    @abstractmethod
    def home(self, path: str) -> Path:
        """Return the one path that a file or folder has, however it was reached."""

    @abstractmethod
    def encoded(self, path: str) -> Encoded:
        """Return what a picture is read from."""

    def shown(self, path: str) -> str:
        """Return a path as it is given to commands."""
        return str(Path(self.where, path))


class Disk(Tree):
    """A folder of this computer.

    Parameters
    ----------
    root
        An existing folder.
    """

    def __init__(self, root: Path) -> None:
        self.where = str(root)
        self._index = Index(root)

    def contents(self, folder: str) -> Contents:
        """Return what a folder holds now; where links lead is looked up each time."""
        path = os.path.join(self.where, folder)  # noqa: PTH118  a Path would take ten times as long
        entries = self._index.known(folder, path)
        if entries is None:
            entries = _listed(path)
            self._index.learn(folder, entries)
        return _followed(path, entries) if entries.links else _plain(entries)

    def head(self, path: str) -> bytes:
        """Return the first bytes of a file."""
        with Path(self.where, path).open("rb") as file:
            return file.read(HEAD)

    def home(self, path: str) -> Path:
        """Return the path without links."""
        return Path(self.where, path).resolve()

    def encoded(self, path: str) -> Path:
        """Return the path of the file."""
        return Path(self.where, path)

    def remember(self) -> None:
        """Keep what was listed for the next time."""
        self._index.save()


def below(folder: str, name: str) -> str:
    """Return the path of what lies in a folder.

    Examples
    --------
    >>> below("", "cat"), below("train", "cat")
    ('cat', 'train/cat')
    """
    return f"{folder}/{name}" if folder else name


def _listed(path: str) -> Entries:
    entries = Entries([], [], [], [])
    with os.scandir(path) as found:
        for one in found:
            if of_system(one.name):
                continue
            if one.is_symlink():
                entries.links.append(one.name)
            elif one.is_dir():
                entries.folders.append(one.name)
            else:
                (entries.files if one.is_file() else entries.others).append(one.name)
    return Entries(*map(in_order, entries))


def _plain(entries: Entries) -> Contents:
    return Contents(entries.folders, entries.files, frozenset(), entries.others)


def _followed(path: str, entries: Entries) -> Contents:
    """Sort the links in among what they lead to."""
    folders, files, nowhere = [*entries.folders], [*entries.files], [*entries.others]
    for name in entries.links:
        target = Path(path, name)
        try:
            sort = folders if target.is_dir() else files if target.is_file() else nowhere
        except OSError:  # a circle of links
            sort = nowhere
        sort.append(name)
    links = frozenset(entries.links)
    return Contents(in_order(folders), in_order(files), links, in_order(nowhere))
