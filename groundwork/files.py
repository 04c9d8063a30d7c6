"""Files that appear whole or not at all."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

from groundwork.errors import InputError, first_line, shown


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to; rename it to `target` when the block succeeds.

    Parameters
    ----------
    target
        The final path; missing parents are made. The temporary one keeps its suffix, because
        writers choose their format by it.

    Raises
    ------
    InputError
        The folder cannot be written, or the disk is full.
    """
    part = target.with_name(f".{socket.gethostname()}-{os.getpid()}-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        yield part
        part.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        with suppress(OSError):  # renamed, or its folder was never there
            part.unlink()


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder beside `target` to fill; it becomes `target` when the block succeeds.

    What was in a folder of that name before is gone then, all of it: never a mixture of old and
    new. If the block fails, the old folder stays as it was.

    Parameters
    ----------
    target
        The final path; missing parents are made.

    Raises
    ------
    InputError
        The folder cannot be written, or the disk is full.
    """
    part = target.with_name(f".{socket.gethostname()}-{os.getpid()}-{target.name}")
    old = part.with_name(f"{part.name}.old")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        _remove_leftovers(target.with_name(f"{target.name}.old"))
        part.mkdir()
        yield part
        if target.exists():
            target.replace(old)  # a folder that holds something cannot be renamed over
        try:
            part.replace(target)
        except OSError:
            if old.exists():
                old.replace(target)
            raise
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def _unwritable(target: Path, error: OSError) -> InputError:
    reason = error.strerror or error
    return InputError(
        f"{target} cannot be written ({reason}); free the disk or choose a writable folder"
    )


def _remove_leftovers(target: Path) -> None:
    """Remove what processes that were killed while they wrote `target` have left beside it.

    Those of this machine: others that share the folder may be at it, under any number.
    """
    mine = f".{socket.gethostname()}-"
    for part in target.parent.glob(f"{escape(mine)}*-{escape(target.name)}"):
        process = part.name.removeprefix(mine).partition("-")[0]
        if process.isdecimal() and not _runs(int(process)):
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    if os.name != "posix":  # elsewhere, asking would be a Ctrl-C
        return True
    try:
        os.kill(process, 0)  # asks, and does nothing
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


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
