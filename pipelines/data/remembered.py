"""Which pictures may be near duplicates, kept: to compare 20,000 with one another takes a minute.

What is kept depends on the pictures and on the code alone. Several verbs, and two searches of
`ganaug data`, compare the same ones.
"""

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundwork.files import replacing
from pipelines.data.sources.index import cache_folder
from pipelines.errors import InputError
from pipelines.identity import code_version

LEAST = 1_000
"""Pictures from which on results are kept on disk: fewer are compared in seconds."""
MOST = 32
"""Results that are kept on disk; of more, the oldest are removed."""
AT_HAND = 4
"""Results that are kept in memory: few, for those of 20,000 pictures have megabytes."""
Arrays = tuple[NDArray[Any], ...]

_last: dict[str, Arrays] = {}
"""The latest results, by a hash of what they were made of; the oldest first."""


def remembered(
    kind: str, of: Sequence[NDArray[Any]], module: str, compute: Callable[[], Arrays]
) -> Arrays:
    """Return arrays that were computed before from the same ones, or compute them.

    Parameters
    ----------
    kind
        What is computed.
    of
        All that it depends on; the first has a row a picture.
    module
        The module of ours whose code, with all that it reaches, says how.
    compute
        Gives the arrays.
    """
    hashed = hashlib.blake2b(kind.encode(), digest_size=16)
    for array in of:
        hashed.update(repr((array.shape, array.dtype.str)).encode())
        hashed.update(np.ascontiguousarray(array).data)
    key = hashed.hexdigest()
    if key in _last:
        return _last[key]
    file = None
    if len(of[0]) >= LEAST:
        file = cache_folder() / "near" / f"{key}-{code_version(module)}.npz"
    arrays = None if file is None else _load(file)
    if arrays is None:
        arrays = compute()
        if file is not None:
            _save(file, arrays)
    if len(_last) >= AT_HAND:
        _last.pop(next(iter(_last)))
    _last[key] = arrays
    return arrays


def _load(file: Path) -> Arrays | None:
    """Return what a file holds; nothing if it is missing or damaged: zip archives check that."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
            return tuple(found[f"arr_{number}"] for number in range(len(found.files)))
    except (OSError, RuntimeError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _save(file: Path, arrays: Arrays) -> None:
    with suppress(InputError, OSError, RuntimeError):  # the next time takes as long as this one
        with replacing(file) as part:
            np.savez(part, *arrays)
        kept = sorted(file.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime)
        for old in kept[:-MOST]:
            old.unlink(missing_ok=True)
