"""Images of each class in rows of their own, beside its name."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from classifiers.charts import STYLE, WIDTH
from ganaug.grids import PAPER, image_grid
from pipelines.images import Images

COLUMNS = 10
"""Images in a row."""
MOST_CLASSES = 60
"""Classes on a picture; of more, the first are shown."""


def first_of_each_class(images: Images, count: int = COLUMNS) -> Images:
    """Return the first ``count`` images of each class."""
    labels = range(len(images.class_names))
    found = [np.flatnonzero(images.labels == label)[:count] for label in labels]
    return images.select(np.concatenate(found))


def class_rows(images: Images, title: str, columns: int = COLUMNS) -> Figure:
    """Draw the images of each class in rows of their own, beside its name."""
    names, total = images.class_names[:MOST_CLASSES], len(images.class_names)
    blocks = [_whole_rows(images.of_class(label), columns) for label in range(len(names))]
    edges = np.cumsum([0, *(len(block) // columns for block in blocks)])
    gap = max(1, images.size[1] // 16)
    grid = image_grid(np.concatenate(blocks), columns, scale=1, gap=gap)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH * 1.6, 0.6 + 0.55 * edges[-1]), layout="constrained")
        axes = figure.subplots()
        axes.imshow(np.asarray(grid), extent=(0, columns, float(edges[-1]), 0))
        axes.set_yticks((edges[:-1] + edges[1:]) / 2, names)
        axes.set_xticks([])
        axes.spines[:].set_visible(False)
        axes.set_title(title if len(names) == total else f"{title} ({len(names)} of {total})")
    return figure


def _whole_rows(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Return ``images`` and as many blank ones as fill the last row, at least one row."""
    missing = -len(images) % columns if len(images) else columns
    blank = np.full((missing, *images.shape[1:]), PAPER, np.uint8)
    return np.concatenate([images, blank])
