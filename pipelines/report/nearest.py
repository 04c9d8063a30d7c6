"""Samples with the nearest real training image below each: copying would be seen."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganaug.files import GRID
from ganaug.grids import image_grid, save_picture
from groundwork.files import read_json
from pipelines import runtime
from pipelines.comparison.results import ComparisonResult, GanRun
from pipelines.data.images import EVERY_CLASS, Images
from pipelines.errors import InputError
from pipelines.report.pictures import Picture, embed, read_picture
from pipelines.workspace import CONFIG, TRAIN, outputs_of

if TYPE_CHECKING:  # at run time nothing of it is needed
    from ganaug.quality.extractors import Extractor

FILE = "nearest.png"
"""In the folder of a generator."""
SHOWN = 6
"""Samples of a generator: those that come nearest to a training image."""
JUDGE = "efficientnet_lite0"
"""Whose features say what is near: the first judge of `ganaug quality`, at the size of its quick
look."""
SIDE = 64
"""Least pixels a side of an image in the picture."""
_GAP, _ROWS_ABOVE = 2, 1  # as `image_grid` draws a generator's grid: one row of real images


def draw_nearest(comparison: ComparisonResult, generators: Sequence[GanRun], outputs: Path) -> None:
    """Draw `nearest.png` into the folder of each generator that has none yet.

    The samples are those of its `grid.png`. What cannot be drawn, because its training images or
    its grid are gone, is left out.

    Parameters
    ----------
    comparison
        Whose generators they are: its trainings know where the images lie.
    generators
        Which of them.
    outputs
        The folder that the runs' folders are relative to.
    """
    for run in generators:
        folder = outputs / run.folder
        if (folder / FILE).is_file() or (grid := read_picture(folder / GRID)) is None:
            continue
        with suppress(InputError):  # damaged, or a folder where nothing may be written
            real = _training_images(comparison, run, outputs)
            samples = None if real is None else samples_of(grid, real.shape[1])
            if real is not None and samples is not None:
                save_picture(_drawn(samples, real), folder / FILE)


def nearest(folder: Path) -> Picture | None:
    """Return what `draw_nearest` drew for a generator; None if it is not there."""
    picture = read_picture(folder / FILE)
    return embed(picture) if picture else None


def samples_of(grid: Image.Image, side: int) -> NDArray[np.uint8] | None:
    """Cut the samples out of a generator's grid, pixel for pixel.

    Parameters
    ----------
    grid
        A row of real images, then samples, as `image_grid` lays them out.
    side
        Of the images, in pixels.

    Returns
    -------
    numpy.ndarray or None
        uint8 ``[N, side, side, 3]``; None if the grid is none of such images.
    """
    pixels = np.asarray(grid)
    for scale in range(1, 9):
        step = side * scale + _GAP
        columns, rest = divmod(pixels.shape[1] - _GAP, step)
        rows, left = divmod(pixels.shape[0] - _GAP - 3 * _GAP, step)
        if columns > 0 and rows > _ROWS_ABOVE and not rest and not left:
            break
    else:
        return None
    top = _GAP + 3 * _GAP + _ROWS_ABOVE * step
    cut = [
        pixels[y : y + side * scale : scale, x : x + side * scale : scale]
        for y in range(top, pixels.shape[0] - step + 1, step)
        for x in range(_GAP, pixels.shape[1] - step + 1, step)
    ]
    return np.stack(cut)


def _training_images(
    comparison: ComparisonResult, run: GanRun, outputs: Path
) -> NDArray[np.uint8] | None:
    """Return the very images that a generator was trained on; None if they are not found."""
    config = read_json(outputs / run.folder / CONFIG)
    name, digest = config.get("class_name"), config.get("images_sha256")
    for path in _instances(comparison, run.instance, outputs):
        images = Images.load(path)
        if name == EVERY_CLASS:
            pixels = images.pixels
        elif name in images.class_names:
            pixels = images.of_class(images.class_names.index(name))
        else:
            continue
        if hashlib.sha256(pixels.tobytes()).hexdigest() == digest:
            return pixels
    return None


def _instances(comparison: ComparisonResult, instance: int, outputs: Path) -> Iterator[Path]:
    """Return the files of an instance's training images, one a size."""
    seen = set()
    for run in comparison.trainings:
        path = outputs / run.folder / CONFIG
        if run.instance == instance and path.is_file():
            file = outputs_of(path.parent) / str(read_json(path)["instance"]) / TRAIN
            if file not in seen and file.is_file():
                seen.add(file)
                yield file


def _drawn(samples: NDArray[np.uint8], real: NDArray[np.uint8]) -> Image.Image:
    """Draw the samples that come nearest to real images, and those below them."""
    from ganaug.quality.originals import Originals  # only now: its judge loads Keras

    judge = _judge()
    # Generators see mirror images, and the features hardly change with a shift.
    originals = Originals(np.stack([judge(real), judge(real[:, :, ::-1])]))
    distances = originals.distances(judge(samples))
    chosen = distances.min(axis=1).argsort(kind="stable")[:SHOWN]
    rows = np.concatenate([samples[chosen], real[distances[chosen].argmin(axis=1)]])
    scale = max(1, -(-SIDE // real.shape[1]))
    return image_grid(rows, len(chosen), scale=scale)


@cache
def _judge() -> "Extractor":
    runtime.quiet()
    from pipelines.synthetic.judges import JUDGE_SIZE, open_judge  # only now: it loads Keras

    return open_judge(JUDGE, JUDGE_SIZE)
