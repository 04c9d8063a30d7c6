"""Images of noise, and all that an expansion makes of them."""

import numpy as np
from PIL import Image

from pipelines.data.images import Images

RNG = np.random.default_rng(0)


def noise(count, size=8, classes=2):
    """Return images of noise, so that no two are equal."""
    pixels = RNG.integers(0, 256, (count, size, size, 3), np.uint8)
    names = tuple(f"class {label}" for label in range(classes))
    return Images(pixels, np.arange(count) % classes, names, "noise")


FIVE = noise(5)


def everything(expansion):
    """Return all images of an expansion."""
    pixels, labels = expansion.everything()
    return Images(pixels, labels, expansion.copies.class_names, "all")


def pillow(change):
    """Return what a function of a PIL image makes of the five."""
    return np.stack([np.asarray(change(Image.fromarray(picture))) for picture in FIVE.pixels])
