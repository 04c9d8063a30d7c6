"""One sheet that shows what every augmentation does to the same images."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ganaug.grids import PAPER, image_grid
from pipelines.augment import lazy as tf
from pipelines.augment.pipeline import parse
from pipelines.augment.registry import augmenter, list_augmentations
from pipelines.augment.sets import SETS

Pixels = NDArray[np.uint8]
Row = tuple[str, str, Pixels]
"""Name, what it does, and one image a column."""

TILE = 64
"""Images are enlarged by whole numbers to about this side."""
TEXT = 330
"""Width of the column of names, in pixels."""


def online_rows(images: Pixels, seed: int) -> Iterator[Row]:
    """Yield the originals, every augmentation and every set; those with a chance always happen."""
    yield "original", "", images
    for name in list_augmentations():
        chance = "p" in augmenter(name).parameters.model.model_fields
        text = str(parse(f"{name}(p=1)" if chance else name))
        yield text, augmenter(name).summary, _augmented(text, images, seed)
    for name, text in SETS.items():
        yield name, text, _augmented(name, images, seed)


def drawn_rows(text: str, images: Pixels, seed: int, draws: int = 8) -> Iterator[Row]:
    """Yield the originals and ``draws`` results of one pipeline."""
    yield "original", text, images
    for draw in range(1, draws + 1):
        yield f"draw {draw}", "", _augmented(text, images, seed, draw)


def sheet(rows: Sequence[Row]) -> Image.Image:
    """Draw one row of images beside each name.

    Parameters
    ----------
    rows
        All with equally many images of one size.
    """
    scale = max(1, round(TILE / rows[0][2].shape[1]))
    strips = [image_grid(images, len(images), scale=scale) for _, _, images in rows]
    width, height = strips[0].size
    picture = Image.new("RGB", (TEXT + width, height * len(rows)), (PAPER,) * 3)
    draw = ImageDraw.Draw(picture)
    font = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"  # Pillow's own lacks ü
    large, small = (ImageFont.truetype(font, points) for points in (13, 10))
    for top, (name, summary, _), strip in zip(
        range(0, picture.height, height), rows, strips, strict=True
    ):
        picture.paste(strip, (TEXT, top))
        lines = [(line, large, "black") for line in wrap(name, 42)]
        lines += [(line, small, "dimgray") for line in wrap(_plain(summary), 56)]
        for number, (line, face, colour) in enumerate(lines[:4]):
            draw.text((8, top + 3 + 15 * number), line, colour, face)
    return picture


def _plain(text: str) -> str:
    """Take the marks of documentation away, and let a pipeline break between its steps."""
    return text.replace("`", "").replace("|", " | ")


def _augmented(text: str, images: Pixels, seed: int, step: int = 0) -> Pixels:
    batch = tf.constant(images / np.float32(255))
    labels = tf.eye(len(images))
    changed, _ = parse(text)(batch, labels, seed=seed, step=step, epoch=step)
    return np.asarray(np.round(changed.numpy() * 255), np.uint8)
