"""Sample grids as they stand in the page: small, and inside it."""

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST_PIXELS = 64_000_000
"""A grid of ours has a hundredth of that."""
QUALITY = 80
"""Of WebP."""
SIDE = 128
"""Of a single image on a page, in pixels; smaller ones are enlarged by whole pixels."""


@dataclass(frozen=True)
class Picture:
    """A picture that needs no file.

    Attributes
    ----------
    uri
        ``data:image/webp;base64,…``
    width, height
        In pixels: the page keeps the room free before it decodes the picture.
    """

    uri: str
    width: int
    height: int


def embed(picture: Image.Image) -> Picture:
    """Encode a picture into a data URI."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "webp", quality=QUALITY)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return Picture(f"data:image/webp;base64,{encoded}", picture.width, picture.height)


def enlarged(picture: NDArray[np.uint8], side: int = SIDE) -> Image.Image:
    """Return a picture ``[S, S, 3]`` as it is shown: small ones by whole pixels, large ones shrunk.

    At most ``side`` pixels a side.
    """
    if picture.shape[0] >= side:
        return Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
    times = side // picture.shape[0]
    return Image.fromarray(picture.repeat(times, axis=0).repeat(times, axis=1))


def grid(folder: Path) -> Picture | None:
    """Return a generator's last sample grid; None if it is no longer there."""
    picture = read_picture(folder / "grid.png")
    return embed(picture) if picture else None


def progress(folder: Path, most: int = 5) -> list[tuple[int, Picture]]:
    """Return a row of samples at steps spread over the training, the first and the last among them.

    The samples of a row come from the same latent vectors at every step. A grid's rows are real
    images, then samples; the first row of samples is taken.
    """
    paths = {}
    for path in sorted((folder / "grids").glob("step-*.png")):
        if match := re.fullmatch(r"step-(\d+)\.png", path.name):
            paths[int(match[1])] = path
    steps = sorted(paths)
    chosen = np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int)
    shown = []
    for step in (steps[index] for index in chosen):
        picture = read_picture(paths[step])
        if picture:
            shown.append((step, embed(split_rows(picture)[:2][-1])))
    return shown


def split_rows(picture: Image.Image) -> list[Image.Image]:
    """Cut a grid into its rows, at the lines that are white from side to side.

    Returns the whole picture as one row if the cuts make no regular grid.
    """
    inked = (np.asarray(picture.convert("L")) < 255).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]]).astype(int)))
    bands = edges.reshape(-1, 2)
    if len(set(np.diff(bands).ravel())) != 1:
        return [picture]
    return [picture.crop((0, int(top), picture.width, int(bottom))) for top, bottom in bands]


def read_picture(path: Path) -> Image.Image | None:
    """Return a picture; None if it is missing or damaged, which a report survives."""
    try:
        with Image.open(path, formats=["PNG"]) as picture:  # EPS would start a program
            if picture.width * picture.height > MOST_PIXELS:
                return None
            return picture.convert("RGB")
    except Exception:  # Pillow raises almost anything on a damaged file
        return None
