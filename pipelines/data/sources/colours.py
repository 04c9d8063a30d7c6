"""From any kind of pixel to 8-bit RGB, and room for large pictures in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.errors import InputError

STRIP = 4_000_000
"""Pixels converted at a time: a conversion holds several copies of what it is given."""


class Room:
    """Room in memory for so many pixels at a time, for all threads together.

    Parameters
    ----------
    pixels
        A picture that has more waits until it is alone.
    """

    def __init__(self, pixels: int) -> None:
        self._all = self._left = pixels
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Wait until there is room for so many pixels, and take it within the block."""
        wanted = min(pixels, self._all)
        with self._changed:
            self._changed.wait_for(lambda: self._left >= wanted)
            self._left -= wanted
        try:
            yield
        finally:
            with self._changed:
                self._left += wanted
                self._changed.notify_all()


def to_rgb(image: Image.Image) -> Image.Image:
    """Return ``image`` as 8-bit RGB: transparent parts white, 16-bit grey and 0..1 scaled.

    Raises
    ------
    InputError
        If its grey values say neither black nor white, such as those of a CT.
    """
    of_one = image.mode == "F" and image.getextrema()[1] <= 1  # type: ignore[operator]
    rows = max(1, STRIP // max(1, image.width))
    if rows >= image.height:
        return _converted(image, of_one)
    whole = Image.new("RGB", image.size)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        whole.paste(_converted(strip, of_one), (0, top))
    return whole


def _converted(image: Image.Image, of_one: bool) -> Image.Image:
    if image.mode[0] in "IF":  # Pillow's own conversion cuts off what is below 0 and above 255
        return Image.fromarray(_grey(np.asarray(image), of_one)).convert("RGB")
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _grey(values: NDArray[Any], of_one: bool) -> NDArray[np.uint8]:
    """Return grey values of 16 bits, or fractions of 1 or of 255, in 8 bits."""
    whole = values.dtype.kind in "iu"
    most = 65535 if whole else 255
    if not (values.min() >= 0 and values.max() <= most):
        allowed = "0 to 65535" if whole else "0 to 1, or to 255"
        raise InputError(
            f"grey values from {values.min():g} to {values.max():g} where {allowed} are known: "
            "save it in 8 bits"
        )
    if whole:
        return np.asarray(values >> 8, np.uint8)
    return np.asarray(np.rint(values * (255 if of_one else 1)), np.uint8)
