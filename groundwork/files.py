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

from groundwork.errors import InputError
from groundwork.system import process_runs, replace


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
        replace(part, target)
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
            replace(target, old)  # a folder that holds something cannot be renamed over
        try:
            replace(part, target)
        except OSError:
            if old.exists():
                replace(old, target)
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
        if process.isdecimal() and not process_runs(int(process)):
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)


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
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; train the generator again") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is broken ({error}); train the generator again") from error
