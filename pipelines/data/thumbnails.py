"""Small pictures to compare by: grey values, colour, and what a crop of them would show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

SIDE = 32
"""Side in pixels at which pictures are compared: finer detail is lost in a JPEG."""
CELLS = 8
"""Side of the mosaic of grey values by which likely pairs are found; that of colour is half."""
SCALE, OFFSETS = 0.85, (0.0, 0.075, 0.15)
"""Side of the crops that are looked for, and where they begin: others are near one of them."""
CROPS = np.array(
    [(1, 0, 1, 0)]
    + [
        (SCALE, down + SCALE / 2 - 0.5, SCALE, across + SCALE / 2 - 0.5)
        for down in OFFSETS
        for across in OFFSETS
    ],
    np.float32,
)
"""The whole picture and its crops, ``[10, 4]``: scale and shift down, scale and shift across."""
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """Pictures of `SIDE` pixels.

    Attributes
    ----------
    grey
        float32 ``[N, SIDE, SIDE]``, 0..255.
    colour
        What blue and red differ from grey by, halved, ``[N, SIDE, SIDE, 2]``.
    """

    grey: Floats
    colour: Floats

    def mirrored(self) -> "Thumbnails":
        """Return the pictures as a mirror shows them."""
        return Thumbnails(self.grey[:, :, ::-1], self.colour[:, :, ::-1])

    def mosaic(self, crop: Floats) -> Floats:
        """Return a crop of every picture as a vector of length 1 and mean 0, ``[N, 96]``.

        The product of two is their correlation.
        """
        down, across = _boxes(crop[0], crop[1], CELLS), _boxes(crop[2], crop[3], CELLS)
        grey = down @ self.grey @ across.T
        down, across = _boxes(crop[0], crop[1], CELLS // 2), _boxes(crop[2], crop[3], CELLS // 2)
        # Colour counts as much as grey: each of its cells is four times as large.
        colour = 2 * np.stack(
            [down @ self.colour[..., channel] @ across.T for channel in (0, 1)], axis=-1
        )
        parts = [part - part.mean(axis=(1, 2), keepdims=True) for part in (grey, colour)]
        rows = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-3), np.float32)


def thumbnails(pixels: NDArray[np.uint8]) -> Thumbnails:
    """Shrink pictures, uint8 ``[N, S, S, 3]``, by the mean of what each pixel covers."""
    small = np.empty((len(pixels), SIDE, SIDE, 3), np.uint8)
    for at, picture in enumerate(pixels):
        small[at] = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX))
    values = small.astype(np.float32)
    grey = values @ _GREY
    colour = np.stack([values[..., channel] - grey for channel in (2, 0)], axis=-1) / 2
    return Thumbnails(grey, np.asarray(colour, np.float32))


def _boxes(scale: float, shift: float, cells: int) -> Floats:
    """Return the weights of pixels in the cells of a crop along one axis, ``[cells, SIDE]``."""
    edges = ((np.arange(cells + 1) / cells - 0.5) * scale + shift + 0.5) * SIDE
    pixels = np.arange(SIDE)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    covered = covered.clip(min=0)
    return np.asarray(covered / covered.sum(axis=1, keepdims=True), np.float32)
