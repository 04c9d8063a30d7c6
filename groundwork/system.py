"""Where Windows and macOS differ from Linux, in one place.

Not here, for it is the same everywhere: processes are started anew (`spawn`), text files are UTF-8,
names of files hold what every system takes, and composed and decomposed letters are one name.
"""

import errno
import os
import time
from pathlib import Path

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between attempts to replace a file that something else has open."""


def on_windows() -> bool:
    """Whether this is Windows."""
    return os.name == "nt"


def replace(source: Path, target: Path) -> None:
    """Rename a file or folder, over a file of that name if there is one.

    Windows refuses that while a program has it open: a scanner for viruses or a search index, for a
    moment. It is tried for a second and a half.

    Raises
    ------
    OSError
        If it cannot be done.
    """
    for pause in PAUSES:
        try:
            source.replace(target)
        except PermissionError:
            if not on_windows():
                raise
            time.sleep(pause)
        else:
            return
    source.replace(target)


def reader_gone(error: OSError) -> bool:
    """Whether a pipe cannot be written for nobody reads it; Windows calls it a bad argument."""
    return error.errno == errno.EPIPE or (on_windows() and error.errno == errno.EINVAL)
