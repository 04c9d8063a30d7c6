"""From any picture to a square uint8 RGB image."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from rich.progress import MofNCompleteColumn, Progress

from groundwork.errors import LONGEST
from groundwork.terminal import screen
from pipelines.data.choosing import Fit
from pipelines.data.images import middle, outer_side
from pipelines.data.reader import USUAL, Preparation
from pipelines.data.sources.colours import Room, to_rgb
from pipelines.data.sources.formats import Encoded, open_picture
from pipelines.errors import InputError
from pipelines.runtime import cores

DEFAULT_SIZE = 32
"""Side of the images of a source that has no size of its own; also the least that a GAN takes."""
SHOW_PROGRESS = 500
"""Pictures from which on reading them shows its progress."""

DIM = 12
"""Bits of 16 of which grey values use no more that come out dark: a camera's of 10 or 12 bits."""
MOST_PIXELS = 64_000_000
"""Pictures of more pixels are not read, unless they are JPEG, which can be read smaller."""
MOST_SIDE = 100_000
"""Nor such as are longer: to shrink a line of 10**8 pixels takes gigabytes of weights."""
ROOM = Room(MOST_PIXELS)
"""For the pictures that are decoded at one time, by however many threads."""
UNREADABLE = Exception
"""What Pillow's decoders raise for files that are damaged: of a hundred thousand, anything."""


@dataclass(frozen=True)
class Decoded:
    """Pictures that were read, and what is to be said of them.

    Attributes
    ----------
    pixels
        uint8 ``[N, size, size, 3]``.
    bad
        Why a picture could not be read, by its position; its pixels are black.
    sides
        Width and height of each picture as it was, ``[N, 2]``; 0 of those that are bad.
    dim
        Bits that grey values use of 16, by the position of those that use few of them.
    """

    pixels: NDArray[np.uint8]
    bad: dict[int, str]
    sides: NDArray[np.int64]
    dim: dict[int, int]

    @property
    def good(self) -> NDArray[np.int64]:
        """Positions of the pictures that could be read."""
        return np.setdiff1d(np.arange(len(self.pixels)), list(self.bad))


def decode(picture: Encoded, size: int, how: Preparation = USUAL) -> NDArray[np.uint8]:
    """Read a picture, upright, as RGB on white, and make it a square.

    Parameters
    ----------
    picture
        A file or its content; of an animation, the first frame counts.
    size
        Side of the square in pixels.
    how
        Its `fit` is one of: `crop`, the shorter side becomes ``size`` and the centre is kept;
        `inner`, it becomes 8/7 of ``size`` and the centre of ``size`` is kept;
        `pad`, the longer side does, and what is missing is black; `squash`, both do.

    Returns
    -------
    numpy.ndarray
        uint8 ``[size, size, 3]``.
    """
    return _decode(picture, size, how)[0]


def _decode(
    picture: Encoded, size: int, how: Preparation
) -> tuple[NDArray[np.uint8], tuple[int, int], int]:
    """Return the square, the width and height that the picture had, and its bits if it is dim."""
    with open_picture(picture) as image:
        sides = image.size
        # A JPEG photograph is read at a half, a quarter or an eighth of its size where that still
        # leaves twice the pixels needed: 33 ms of a core for 12 megapixels, against 162.
        image.draft(None, (2 * size, 2 * size))
        width, height = image.size
        if image.info.get("progressive"):  # libjpeg holds all of it, however small it is read
            width, height = sides
        if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
            raise Image.DecompressionBombError
        with ROOM.taken(width * height):
            turned = _upright(image)
            most = turned.getextrema()[1] if turned.mode[0] == "I" else 0
            bits = int(most).bit_length()  # type: ignore[arg-type]  # of one channel, a number
            upright = to_rgb(turned)
            if how.centred and max(sides) < DEFAULT_SIZE:
                whole = _centred(np.asarray(upright)[None], DEFAULT_SIZE)
                upright = Image.fromarray(whole[0])
            return _squared(upright, size, how.fit), sides, bits if bits <= DIM else 0


def _upright(image: Image.Image) -> Image.Image:
    """Return a picture turned as its camera was held; as it is where its EXIF cannot be read."""
    image.load()
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except UNREADABLE:  # the pixels are whole
        return image
    return image


def _squared(image: Image.Image, size: int, fit: Fit) -> NDArray[np.uint8]:
    square = (size, size)
    if fit == "crop":
        return np.asarray(ImageOps.fit(image, square))
    if fit == "inner":
        outer = outer_side(size)
        (inner,) = middle(np.asarray(ImageOps.fit(image, (outer, outer)))[None], size)
        return np.asarray(inner)
    if fit == "pad":
        return np.asarray(ImageOps.pad(image, square))
    return np.asarray(image.resize(square, Image.Resampling.BICUBIC))


def side_of(picture: Encoded) -> int | None:
    """Return the shorter side of a picture in pixels, from its head; None if it has none."""
    try:
        with open_picture(picture) as image:
            return min(image.size)
    except UNREADABLE:
        return None


def decode_all(
    batches: Iterable[Sequence[Encoded]],
    count: int,
    size: int,
    title: str,
    how: Preparation = USUAL,
) -> Decoded:
    """Decode ``count`` pictures on all cores.

    Parameters
    ----------
    batches
        The pictures, some at a time, so that a large data set need not lie in memory undecoded.
    count
        How many there are in all.
    size
        Side of the images.
    title
        Stands beside the progress bar.
    how
        As in `decode`.
    """
    pixels = np.zeros((count, size, size, 3), np.uint8)
    sides = np.zeros((count, 2), np.int64)
    bad: dict[int, str] = {}
    dim: dict[int, int] = {}

    def read(position: int, picture: Encoded) -> None:
        try:
            pixels[position], sides[position], bits = _decode(picture, size, how)
            if bits:
                dim[position] = bits
        except UNREADABLE as error:
            bad[position] = _reason(error)

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    hidden = count < SHOW_PROGRESS
    with (
        ThreadPoolExecutor(cores()) as pool,
        Progress(*columns, console=screen(), transient=True, disable=hidden) as bar,
    ):
        row = bar.add_task(title, total=count)
        done = 0
        for batch in batches:
            for _ in pool.map(read, range(done, done + len(batch)), batch):
                bar.advance(row)
            done += len(batch)
    return Decoded(pixels, dict(sorted(bad.items())), sides, dict(sorted(dim.items())))


def from_arrays(images: NDArray[np.uint8], fit: Fit = "crop") -> NDArray[np.uint8]:
    """Fit images of one size to squares of their shorter side, at least 32.

    Images smaller than 32 pixels are set in the middle of black ones of 32, the custom for MNIST
    and its kin.

    Parameters
    ----------
    images
        uint8 ``[N, H, W]`` or ``[N, H, W, C]`` with 1 (grey), 3 (RGB) or 4 (RGBA) channels.
    fit
        How they become squares: as in `decode`. For `inner` they become what `crop` makes of them:
        their middle is taken where they are brought to a size.

    Returns
    -------
    numpy.ndarray
        uint8 ``[N, S, S, 3]``.
    """
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3, 4) or not images.size:
        raise InputError(
            f"images of shape {list(images.shape)}; give [N, height, width] "
            "or [N, height, width, channels] with 1, 3 or 4 channels"
        )
    if images.shape[3] == 1:
        images = images.repeat(3, axis=3)
    elif images.shape[3] == 4:
        images = np.stack([np.asarray(to_rgb(Image.fromarray(image))) for image in images])
    if is_centred(images):
        images = _centred(images, DEFAULT_SIZE)
    size = max(min(images.shape[1:3]), DEFAULT_SIZE)
    if images.shape[1:3] == (size, size):
        return images
    whole: Fit = "crop" if fit == "inner" else fit
    return np.stack([_squared(Image.fromarray(image), size, whole) for image in images])


def is_centred(images: NDArray[np.uint8]) -> bool:
    """Whether `from_arrays` sets images ``[N, H, W, …]`` in the middle of black ones."""
    return bool(max(images.shape[1:3]) < DEFAULT_SIZE)


def _centred(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    count, height, width, channels = images.shape
    canvas = np.zeros((count, side, side, channels), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[:, top : top + height, left : left + width] = images
    return canvas


def _reason(error: BaseException) -> str:
    """Say in a few words why a picture cannot be read; the file is named elsewhere."""
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    if isinstance(error, Image.DecompressionBombError):
        most = f"more than {MOST_PIXELS // 1_000_000} megapixels or {MOST_SIDE:,} pixels a side"
        return f"{most}: save it smaller, or as JPEG that is not progressive"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return said.partition("\n")[0][:LONGEST]
