"""What folders held when they were last listed, kept for the next time.

A folder is listed anew unless nothing in it can have changed: it is the same folder (device and
number on it), and its times of change are those it had. A file that is added, removed, renamed or
put in another's place changes them, and nobody can set the time of the last change (ctime) back.
What can change without the folder noticing is never kept: where links lead, and what files hold.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.files import replacing
from pipelines.errors import InputError

CACHE_DIR = "GANAUG_CACHE_DIR"
"""Environment variable: where lists of large folders are kept; by default `~/.cache/ganaug`."""
LEAST = 1_000
"""Names from which on a list is kept: shorter ones are made faster than they are read."""
SETTLED = 10 * 10**9
"""Nanoseconds for which a folder must have been left alone before its list is kept. Two changes
within one tick of a file system's clock, 2 s on the coarsest, look like one; the rest is for a
server whose clock is late."""
RELIABLE = frozenset(
    [
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "f2fs",
        "jfs",
        "reiserfs",
        "tmpfs",
        "overlay",
        "zfs",
        "nfs",
        "nfs4",
    ]
)
"""File systems that note the time of every change. Others, such as drives in a cloud that are shown
as folders, may not, and are listed anew each time."""
VERSION = 1

Stamp = tuple[int, int, int, int]
"""Device and number of a folder, and its times of change in ns."""


class Entries(NamedTuple):
    """Names in a folder, in natural order; links are not followed."""

    folders: list[str]
    files: list[str]
    links: list[str]
    others: list[str]


class Index:
    """The lists of the folders below one root.

    Parameters
    ----------
    root
        The uppermost folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root.resolve())
        self._known = _load(self._root)
        self._seen: dict[str, tuple[Stamp, Entries]] = {}
        self._pending: dict[str, Stamp | None] = {}

    def known(self, folder: str, path: str) -> Entries | None:
        """Return what a folder holds if it cannot have changed since that was kept.

        Parameters
        ----------
        folder
            Its path from the root.
        path
            Its whole path.
        """
        stamp = _stamp(path)
        entry = self._known.get(folder)
        if entry is not None and entry[0] == stamp:
            self._seen[folder] = entry
            return entry[1]
        self._pending[folder] = stamp
        return None

    def learn(self, folder: str, entries: Entries) -> None:
        """Take note of what a folder holds, listed after `known` was asked for it."""
        stamp = self._pending.pop(folder, None)
        if stamp is not None:
            self._seen[folder] = (stamp, entries)

    def save(self) -> None:
        """Keep the lists; where that is impossible, the next time takes as long as this one."""
        if self._seen == self._known:
            return
        if sum(len(names) for _, entries in self._seen.values() for names in entries) < LEAST:
            return
        body = json.dumps({"root": self._root, "version": VERSION, "folders": self._seen})
        with suppress(InputError, OSError, UnicodeError), replacing(_file(self._root)) as part:
            part.write_text(f"{_digest(body)}\n{body}\n", encoding="utf-8")


def cache_folder() -> Path:
    """Return where lists are kept: GANAUG_CACHE_DIR, or a folder below the user's cache."""
    own = os.environ.get(CACHE_DIR)
    if own:
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ganaug"


def _file(root: str) -> Path:
    return cache_folder() / "folders" / f"{_digest(root)}.json"


def _digest(text: str) -> str:
    # File names may hold bytes that are no text; Python stands them in by halves of characters.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _load(root: str) -> dict[str, tuple[Stamp, Entries]]:
    """Return the lists that were kept; none if they are damaged or of another version."""
    try:
        first, _, body = _file(root).read_text(encoding="utf-8").partition("\n")
        if _digest(body.rstrip("\n")) != first:
            return {}
        kept: dict[str, Any] = json.loads(body)
        if (kept["root"], kept["version"]) != (root, VERSION):
            return {}
        return {
            folder: (tuple(stamp), Entries(*entries))
            for folder, (stamp, entries) in kept["folders"].items()
        }
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _stamp(path: str) -> Stamp | None:
    """Return what tells a folder from one with other contents; None if it may change unnoticed."""
    now = time.time_ns()
    found = os.stat(path)  # noqa: PTH116
    settled = max(found.st_mtime_ns, found.st_ctime_ns) + SETTLED < now
    if not settled or not found.st_mtime_ns or _filesystems().get(found.st_dev) not in RELIABLE:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


@cache
def _filesystems() -> dict[int, str]:
    """Return the kind of each file system by its device; nothing where Linux does not say."""
    kinds: dict[int, str] = {}
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            before, _, after = line.partition(" - ")
            major, minor = before.split()[2].split(":")
            kinds[os.makedev(int(major), int(minor))] = after.split()[0]
    return kinds
