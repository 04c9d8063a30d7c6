"""Files that appear whole or not at all, also where the power goes."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from groundwork.errors import InputError, UnwritableError, first_line, shown
from groundwork.locks import held, locked
from groundwork.system import on_windows, replace

PART = ".part-"
"""Begins the name of a hidden folder in which something is being written, beside its target."""
_HELD, _OLD = "held", "old"


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path near `target` to write to; rename it to `target` when the block succeeds.

    The content is on the disk before the name is: a power cut leaves the old file or the new one.

    Parameters
    ----------
    target
        The final path; missing parents are made. The temporary one has the same name, because
        writers choose their format by it.

    Raises
    ------
    UnwritableError
        The folder cannot be written, or the disk is full.
    """
    with _writable(target), scratch_folder(target.parent) as scratch:
        part = scratch / target.name
        yield part
        _to_disk(part)
        replace(part, target)
        _to_disk(target.parent)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder near `target` to fill; it becomes `target` when the block succeeds.

    What was in a folder of that name before is gone then, all of it: never a mixture of old and
    new. If the block fails, the old folder stays as it was. Of several processes that do this at
    once, the last one's folder stays.

    Parameters
    ----------
    target
        The final path; missing parents are made.

    Raises
    ------
    UnwritableError
        The folder cannot be written, or the disk is full.
    """
    with _writable(target), scratch_folder(target.parent) as scratch:
        part, old = scratch / target.name, scratch / _OLD / target.name
        part.mkdir()
        yield part
        for path in (part, *part.rglob("*")):
            if not path.is_symlink():
                _to_disk(path)
        # Another lock than the target's own, which a caller may hold.
        with locked(target.with_name(f"{target.name}{_OLD}")):
            old.parent.mkdir()
            if target.exists():
                replace(target, old)  # a folder that holds something cannot be renamed over
            try:
                replace(part, target)
            except OSError:
                if old.exists():
                    replace(old, target)
                raise
        _to_disk(target.parent)


@contextmanager
def _writable(target: Path) -> Iterator[None]:
    """Turn what the system says into one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise UnwritableError(
            f"{target} cannot be written ({reason}); free the disk or choose a writable folder"
        ) from error


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """Give an empty hidden folder in a folder; it is gone afterwards.

    A process that was killed leaves its own behind. Whoever writes there next removes it: its lock
    is free, which no number of a process and no clock could tell of another machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    with ExitStack() as stack:
        while True:
            scratch = Path(tempfile.mkdtemp(prefix=PART, dir=folder))
            with suppress(FileNotFoundError):  # taken for a leftover before it was locked
                stack.enter_context(held(scratch / _HELD))
                break
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        yield scratch


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed processes have left of what they wrote in a folder."""
    for scratch in folder.glob(f"{PART}*/"):
        with suppress(OSError), held(scratch / _HELD, wait=False) as dead:
            if dead:
                for old in scratch.glob(f"{_OLD}/*"):  # it was killed between two renames
                    if not (folder / old.name).exists():
                        old.replace(folder / old.name)
                shutil.rmtree(scratch, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk itself."""
    if on_windows() and path.is_dir():  # where folders cannot be opened
        return
    opened = os.open(path, os.O_RDWR if on_windows() else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_json(target: Path, content: Any) -> None:
    """Write `content` as indented JSON, atomically."""
    with replacing(target) as part:
        part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    InputError
        The file is missing or broken.
    """
    advice = "give another folder, or delete it and run again what made it"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; {advice}") from error
    except RecursionError as error:
        raise InputError(f"{path} is broken (nested too deeply); {advice}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is broken ({first_line(error)}); {advice}") from error


def read_table(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises
    ------
    InputError
        The file is missing or broken, or holds something else.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise InputError(
            f"{path} holds {shown(found)}, no object of settings; give another folder, or delete "
            "it and run again what made it"
        )
    return found


def as_path(given: Path | str) -> Path:
    """Return what somebody gave as a path, with `~` spelled out; there need be nothing.

    Raises
    ------
    InputError
        If it can be none: it is too long, holds a NUL, or `~` stands for nobody.
    """
    try:
        path = Path(given).expanduser()
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass
    except (OSError, ValueError, RuntimeError) as error:
        said = getattr(error, "strerror", None) or first_line(error)
        raise InputError(f"{shown(str(given))} can be no path ({said}); check it") from error
    return path
