"""Locks: one process at a time, of all that share a folder, on this machine or another.

The kernel holds them for a process and gives them back when it ends, however it ends: a crash
leaves none locked. What it leaves is an empty file, which the next one that takes the lock removes.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from groundwork.errors import UnwritableError

POLL = 0.1
"""Seconds between looks at a lock that somebody else holds."""


@contextmanager
def locked(target: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of a file or folder, whether there is one of that name yet or not.

    Parameters
    ----------
    target
        What is locked; its folder is made. The lock is a hidden file beside it.
    wait
        Whether to wait for whoever holds it.

    Yields
    ------
    bool
        Whether it is held: always, where one waits for it.

    Raises
    ------
    UnwritableError
        The folder cannot be written, or its file system knows no locks.
    """
    lock = lock_file(target)
    with ExitStack() as stack:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            taken = stack.enter_context(held(lock, wait=wait))
        except OSError as error:
            raise UnwritableError(
                f"{target} cannot be locked ({error.strerror or error}); free the disk, or choose "
                "a writable folder whose file system has locks"
            ) from error
        try:
            yield taken
        finally:
            if taken:
                # While it is held: who waits for it finds that it is gone, and makes a new one.
                with suppress(OSError):  # Windows removes no open file
                    lock.unlink()


@contextmanager
def held(lock: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file, as `locked` does; the file stays."""
    # A lock made of nothing but a file, which filelock falls back to, would outlive a crash.
    own = FileLock(lock, timeout=-1 if wait else 0, fallback_to_soft=False)
    try:
        own.acquire(poll_interval=POLL)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        own.release()


def lock_file(target: Path) -> Path:
    """Return the lock file of a path: its name is short, whatever the other's length."""
    name = hashlib.blake2b(os.fsencode(target.name), digest_size=6).hexdigest()
    return target.with_name(f".lock-{name}")
