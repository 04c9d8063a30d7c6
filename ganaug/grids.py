"""Pictures of images: grids and single files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganaug.arrays import check_images
from ganaug.errors import InputError
from groundwork.errors import first_line
from groundwork.files import replacing

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
    """Write a picture, atomically, in the format of the path's suffix.

    Raises
    ------
    InputError
        The suffix is of no format, the picture too large for it, or the file cannot be written.
    """
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        raise InputError(f"{path} ends in none of a picture; give a name that ends in .png")
    with replacing(path) as part:
        try:
            picture.save(part)
        except (ValueError, KeyError, SystemError) as error:  # WebP has 16383 pixels at most
            raise InputError(
                f"{path} cannot be written in that format ({first_line(error)}); use .png"
            ) from error


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


def whole_rows(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Return `images` and as many blank ones as fill the last row, at least one row.

    What follows, images of another class for instance, then begins on a row of its own.
    """
    missing = -len(images) % columns if len(images) else columns
    blank = np.full((missing, *images.shape[1:]), PAPER, np.uint8)
    return np.concatenate([images, blank])
