"""Pictures of images: grids and single files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganaug.errors import InputError
from ganaug.files import replacing

PAPER = 255
"""Grey level between the images."""


def image_grid(
    images: np.ndarray, columns: int = 10, *, scale: int = 2, gap: int = 2, header: int = 0
) -> Image.Image:
    """Lay images out in rows.

    Parameters
    ----------
    images
        uint8 ``[N, H, W, 3]``; the last row may be short.
    columns
        Images a row.
    scale
        Each pixel becomes ``scale x scale`` ones.
    gap
        White pixels between images.
    header
        Number of rows on top, real images for instance, to set apart by a wider gap.
    """
    check_images(images)
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    step_y, step_x = height + gap, width + gap
    extra = 3 * gap if 0 < header < rows else 0
    shape = (rows * step_y + gap + extra, columns * step_x + gap, 3)
    canvas = np.full(shape, PAPER, np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top = gap + row * step_y + (extra if row >= header else 0)
        left = gap + column * step_x
        canvas[top : top + height, left : left + width] = image
    return Image.fromarray(canvas)


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture, atomically, in the format of the path's suffix."""
    with replacing(path) as part:
        picture.save(part)


def save_images(images: np.ndarray, target: Path) -> list[Path]:
    """Write images as one ``.npz`` (array ``images``) or as one PNG file each into a folder.

    Parameters
    ----------
    images
        uint8 ``[N, H, W, 3]``.
    target
        A path ending in ``.npz``, or a folder.

    Returns
    -------
    list of Path
        The files written.
    """
    check_images(images)
    if target.suffix == ".npz":
        with replacing(target) as part:
            np.savez_compressed(part, images=images)
        return [target]
    digits = len(str(len(images) - 1))
    paths = [target / f"{index:0{digits}d}.png" for index in range(len(images))]
    for image, path in zip(images, paths, strict=True):
        save_picture(Image.fromarray(image), path)
    return paths


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


def check_images(images: np.ndarray) -> None:
    """Raise InputError unless `images` is a non-empty uint8 array ``[N, H, W, 3]``."""
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not len(images):
        raise InputError(
            f"images of type {images.dtype} and shape {list(images.shape)}; "
            "pass a non-empty uint8 array [N, height, width, 3]"
        )
