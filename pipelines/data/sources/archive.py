"""Image folders in a zip archive, which is never unpacked."""

import lzma
import os
import stat
import threading
import zipfile
import zlib
from collections import defaultdict
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath

from groundwork.names import few
from pipelines.data.choosing import Fit
from pipelines.data.sources.folder import from_listing
from pipelines.data.sources.formats import HEAD, in_order, of_system
from pipelines.data.sources.listing import Listing, list_tree
from pipelines.data.sources.source import Source
from pipelines.data.sources.tree import Contents, Tree, below
from pipelines.errors import InputError

LARGEST = 256 * 2**20
"""Bytes that a picture may have; one that says that it has more is there to fill the memory."""
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a compression that Python does not know
    RuntimeError,  # encrypted
    ValueError,
)
"""What reading a damaged or unusual archive raises, beside OSError."""


class Archive(Tree):
    """The folders in a zip archive; a single one at its top is entered.

    Parameters
    ----------
    path
        An existing file.

    Raises
    ------
    InputError
        If it is damaged or no archive, or names files outside of itself.
    """

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self._path = path
        self._opened: dict[int, zipfile.ZipFile] = {}
        self._lock = threading.Lock()
        self._files: dict[str, zipfile.ZipInfo] = {}
        self._contents: dict[str, Contents] = defaultdict(Contents)
        links: dict[str, list[str]] = defaultdict(list)
        for info in self._zip().infolist():
            name = _name(info)
            _check_inside(path, name)
            if any(map(of_system, name.rstrip("/").split("/"))):
                continue
            if name.endswith("/"):
                self._contents[name.rstrip("/")] = Contents()
            elif stat.S_ISLNK(info.external_attr >> 16):
                links[name.rpartition("/")[0]].append(name.rpartition("/")[2])
            else:
                self._files[name] = info
        self._grow(links)
        self._top = self._entered()

    def contents(self, folder: str) -> Contents:
        """Return what a folder holds; links count as leading nowhere."""
        return self._contents[below(self._top, folder) if folder else self._top]

    def head(self, path: str) -> bytes:
        """Return the first bytes of a file."""
        with self._zip().open(self._files[below(self._top, path)]) as file:
            return file.read(HEAD)

    def home(self, path: str) -> Path:
        """Return the path itself: there are no links."""
        return Path(below(self._top, path) if path else self._top)

    def encoded(self, path: str) -> partial[bytes]:
        """Return what reads a picture."""
        return partial(self._read, self._files[below(self._top, path)])

    def shown(self, path: str) -> str:
        """Return a path as a person would unpack it."""
        return f"{below(self._top, path)} of the unpacked archive"

    def check(self, pictures: list[str]) -> None:
        """Raise InputError if pictures are encrypted, or of an absurd size."""
        infos = {path: self._files[below(self._top, path)] for path in pictures}
        locked = [path for path, info in infos.items() if info.flag_bits & 1]
        if locked:
            raise InputError(
                f"{self.where}: {len(locked)} of {len(infos)} images are encrypted, such as "
                f"{locked[0]}; unpack it and give the folder"
            )
        huge = [path for path, info in infos.items() if info.file_size > LARGEST]
        if huge:
            raise InputError(
                f"{self.where}: {len(huge)} images of more than {LARGEST // 2**20} MiB, "
                f"{few(huge)}: such an archive may be made to fill the memory; take them out"
            )

    def _zip(self) -> zipfile.ZipFile:
        """Return the archive, opened once in each process: a fork would share the place in it.

        Threads may read from one at the same time.
        """
        with self._lock:
            process = os.getpid()
            if process not in self._opened:
                try:
                    self._opened[process] = zipfile.ZipFile(self._path)
                except DAMAGED as error:
                    raise InputError(
                        f"{self._path} is no zip archive, or damaged ({error}); make it anew, or "
                        "unpack it and give the folder"
                    ) from error
            return self._opened[process]

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        try:
            return self._zip().read(info)
        except DAMAGED as error:
            raise OSError(f"damaged in the archive: {error}") from error

    def _grow(self, links: dict[str, list[str]]) -> None:
        """Note of each folder what it holds; archives need not name their folders."""
        for name in self._files:
            folder, _, file = name.rpartition("/")
            self._contents[folder].files.append(file)
        for folder, names in links.items():
            self._contents[folder].nowhere += names
        for folder in list(self._contents):
            parts = folder.split("/") if folder else []
            for depth in range(len(parts)):
                own = self._contents["/".join(parts[:depth])].folders
                if parts[depth] not in own:
                    own.append(parts[depth])
        for contents in self._contents.values():
            contents.folders = in_order(contents.folders)
            contents.files = in_order(contents.files)

    def _entered(self) -> str:
        """Return the folder to begin at: a lone one that holds folders itself."""
        top = ""
        while len(folders := self._contents[top].folders) == 1:
            inside = below(top, folders[0])
            if not self._contents[inside].folders:
                break
            top = inside
        return top


def load_zip(path: Path, fit: Fit, skip_bad: bool, group_by: str | None = None) -> Source:
    """List the image folders in a zip archive; its pictures are read when they are asked for.

    Parameters
    ----------
    path
        A zip file with the folders that `folder.load_folder` takes.
    fit, skip_bad, group_by
        As there.

    Raises
    ------
    InputError
        If it is missing, damaged or encrypted, or holds no data set.
    """
    if not path.is_file():
        raise InputError(f"{path} is no file; check the path of the zip archive")
    try:
        archive = Archive(path)
        listing = list_tree(archive)
    except InputError:
        raise
    except (OSError, *DAMAGED) as error:
        raise InputError(f"{path} cannot be read ({error}); make it anew") from error
    archive.check(_pictures(listing))
    return from_listing(listing, path.stem, fit, skip_bad, group_by)


def _pictures(listing: Listing) -> list[str]:
    return [
        path
        for split in listing.splits.values()
        for found in split.classes.values()
        for path in found.pictures
    ]


def _name(info: zipfile.ZipInfo) -> str:
    """Return the path of a member, with slashes, as it was meant."""
    name = info.filename
    if not info.flag_bits & 0x800:  # not marked as UTF-8, which a Mac writes all the same
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = name if "/" in name else name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "/".join([*[""] * name.startswith("/"), *parts, *[""] * name.endswith("/")])


def _check_inside(path: Path, name: str) -> None:
    """Refuse what would be written somewhere else by whoever unpacks the archive."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        raise InputError(
            f"{path} names a file outside of itself, {name!r}; do not trust it, or make it anew "
            "from the folder"
        )
