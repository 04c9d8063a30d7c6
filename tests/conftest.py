"""Images for every test: made here, never downloaded."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.data.images import Images

ROOT = Path(__file__).parent.parent
collect_ignore = ["data"]  # programs that need packages of their own
REFERENCES = Path(__file__).parent / "data"
"""Figures that other implementations computed; beside each file, the program that made it."""

# As in the workers: sums in one order, also in the processes that tests start to compare with.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of the most slow tests, for the others fill what is left of the time."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Draw the same in every test, whatever ran before it in this process.

    Where that made TensorFlow deterministic, random operations without a seed are errors.
    """
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(0)


def stripes(rng: np.random.Generator, label: int, count: int, size: int) -> np.ndarray:
    """Return noisy images whose stripes run down (label 0), across (1) or not at all (2, …)."""
    wave = 60 * np.sin(np.arange(size) * 0.8)
    pattern = {0: wave[None, :], 1: wave[:, None]}.get(label, np.full((size, size), 12.0 * label))
    noise = rng.normal(0, 25, (count, size, size, 3))
    return np.clip(128 + pattern[None, :, :, None] + noise, 0, 255).astype(np.uint8)


def striped_images(
    per_class: int = 12, classes: int = 2, size: int = 32, seed: int = 0, source: str = "stripes"
) -> Images:
    """Return a small set that a classifier can learn."""
    rng = np.random.default_rng(seed)
    pixels = np.concatenate([stripes(rng, label, per_class, size) for label in range(classes)])
    labels = np.repeat(np.arange(classes), per_class)
    names = ("down", "across", *(f"flat{label}" for label in range(2, classes)))[:classes]
    return Images(pixels, labels, names, source)


@pytest.fixture(scope="session")
def make_images() -> Callable[..., Images]:
    """The function that makes a small set."""
    return striped_images


@pytest.fixture(scope="session")
def tiny_images() -> Images:
    """Two classes of 12 images of 32 pixels."""
    return striped_images()


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """A folder of two classes in every format and mode that users have, in mixed sizes."""
    rng = np.random.default_rng(0)

    def picture(width: int, height: int) -> Image.Image:
        return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))

    root = tmp_path / "pets"
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
    picture(40, 30).save(root / "cat" / "1.jpg", quality=95)
    picture(30, 64).save(root / "cat" / "2.png")
    picture(33, 33).convert("L").save(root / "cat" / "10.bmp")
    picture(20, 20).convert("P").save(root / "cat" / "11.gif")
    picture(64, 48).save(root / "dog" / "a.webp", lossless=True)
    picture(50, 50).convert("RGBA").save(root / "dog" / "b.PNG")
    picture(45, 90).convert("CMYK").save(root / "dog" / "c.jpeg")
    picture(32, 32).convert("LA").save(root / "dog" / "d.png")
    return root
