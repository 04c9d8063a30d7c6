"""Image arrays: uint8 for people and files, floats in -1..1 for networks; and checks of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganaug.errors import InputError


def to_signed(images: Any) -> Any:
    """Bring float images in 0..255, an array or a tensor, to -1..1."""
    return images / 127.5 - 1


def to_uint8(images: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Turn images in -1..1 into 0..255."""
    pixels: NDArray[np.uint8] = np.rint(images * 127.5 + 127.5).clip(0, 255).astype(np.uint8)
    return pixels


def check_images(images: NDArray[Any]) -> None:
    """Raise InputError unless `images` is a non-empty uint8 array ``[N, H, W, 3]``."""
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not len(images):
        raise InputError(
            f"images of type {images.dtype} and shape {list(images.shape)}; "
            "pass a non-empty uint8 array [N, height, width, 3]"
        )


def spread(count: int, total: int) -> NDArray[np.intp]:
    """Return up to `count` evenly spaced positions of `total`.

    Images of several classes often come sorted; the first few of them would be of one class.

    Examples
    --------
    >>> spread(3, 10).tolist(), spread(5, 2).tolist()
    ([1, 5, 8], [0, 1])
    """
    count = min(count, total)
    return (2 * np.arange(count) + 1) * total // (2 * max(1, count))
