"""Folders of pictures with copies planted in them, whose labels mean nothing."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.pipelines.data.test_duplicates import scenes

KINDS = ("same", "jpeg", "webp", "half", "cropped", "mirrored", "lighter")


def copied(picture: Image.Image, kind: str, rng: np.random.Generator) -> Image.Image:
    """Return a picture as somebody else may have saved it."""
    side = picture.width
    if kind == "half":
        return picture.resize((side // 2, side // 2), Image.Resampling.LANCZOS)
    if kind == "cropped":
        left, top = (int(edge) for edge in rng.integers(0, side // 10, 2))
        return picture.crop((left, top, left + side * 9 // 10, top + side * 9 // 10))
    if kind == "mirrored":
        return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if kind == "lighter":
        return Image.fromarray((np.asarray(picture) * 0.9 + 20).astype(np.uint8))
    return picture


def plant(root: Path, rng: np.random.Generator, count: int, splits: bool = False) -> None:
    """Write scenes and a copy of each, into two classes by chance, and perhaps two splits.

    The name of a file begins with the number of its scene.
    """
    pixels = scenes(count, 64, int(rng.integers(2**31)))
    for number, picture in enumerate(map(Image.fromarray, pixels)):
        kind = KINDS[number % len(KINDS)]
        for copy, content in enumerate((picture, copied(picture, kind, rng))):
            lossy = copy and kind in ("jpeg", "half", "webp")
            ending = "png" if not lossy else "webp" if kind == "webp" else "jpg"
            parts = (("train", "test")[int(rng.random() < 0.3)],) * splits
            # One scene in three is in one class twice, or else no class could be learnt at all.
            label = number % 2 if number % 3 == 0 else int(rng.integers(2))
            path = root.joinpath(*parts, "ab"[label], f"{number:03d}-{copy}.{ending}")
            path.parent.mkdir(parents=True, exist_ok=True)
            content.save(path, quality=int(rng.integers(60, 96)))


def scene_of(name: str) -> int:
    """Return the number of the scene that a file shows."""
    return int(Path(name).name.partition("-")[0])
