"""What is lost where pictures become squares of 8 bits, in words."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipelines.data.choosing import Fit
from pipelines.data.reader import SHRUNK

CUT = 0.1
"""How much is cut off of images before that is said."""


def what_fitting_lost(sides: NDArray[np.int64], size: int, fit: Fit = "crop") -> list[str]:
    """Say what squares of ``size`` pixels leave of pictures with these sides, ``[N, 2]``.

    Examples
    --------
    >>> what_fitting_lost(np.array([[640, 480]] * 3 + [[32, 32]]), 32)[0]
    '3 of 4 images, 640x480 at the median, were shrunk to 32x32 (--size for more)'
    """
    read = sides[sides[:, 0] > 0]
    notes = []
    shrunk = read[read.min(axis=1) >= SHRUNK * size]
    if len(shrunk):
        width, height = np.median(shrunk, axis=0).astype(int)
        notes.append(
            f"{len(shrunk)} of {len(read)} images, {width}x{height} at the median, were shrunk to "
            f"{size}x{size} (--size for more)"
        )
    lost = 1 - read.min(axis=1) / read.max(axis=1)
    cut = lost[lost > CUT]
    if not len(cut):
        return notes
    middle, most = f"{np.median(cut):.0%}", f"{cut.max():.0%}"
    what = {
        "crop": f"only the centre square was kept: {middle} of their longer side is cut off at the "
        f"median, {most} at most (--fit pad or --fit squash keeps all)",
        "inner": f"7/8 of the centre square were kept: beside that, {middle} of their longer side "
        f"is cut off at the median, {most} at most (--fit pad or --fit squash keeps all)",
        "pad": f"the shorter side was filled up with black: {middle} of the square at the median, "
        f"{most} at most",
        "squash": f"the longer side was pressed together by {middle} at the median, {most} at most",
    }
    return [*notes, f"of {len(cut)} of {len(read)} images {what[fit]}"]


def what_is_dim(bits: Iterable[int], count: int) -> list[str]:
    """Say of how many pictures the grey values use few of their 16 bits.

    Nothing in a file says whether it is of 12 bits or was taken in the dark, so none is brightened.

    Examples
    --------
    >>> what_is_dim([12, 11], 30)[0].partition(":")[0]
    '2 of 30 images are of 16-bit grey and use at most 12 bits of it, so they come out dark'
    """
    some = list(bits)
    if not some:
        return []
    return [
        f"{len(some)} of {count} images are of 16-bit grey and use at most {max(some)} bits of it, "
        f"so they come out dark: multiply their values by {2 ** (16 - max(some))} and save them "
        "anew, unless they are meant to be dark"
    ]
