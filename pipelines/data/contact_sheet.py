"""Images of each class in rows of their own, beside its name."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from classifiers.evaluation.charts import STYLE, WIDTH, class_counts_chart, save
from ganaug.grids import image_grid, whole_rows
from groundwork.files import replacing
from pipelines.data.images import Images
from pipelines.data.instances import Instance
from pipelines.data.pool import Pool
from pipelines.data.sources.source import Source

COLUMNS = 10
"""Images in a row."""
MOST_CLASSES = 60
"""Classes on a picture; of more, the first are shown."""


def class_rows(images: Images, title: str, columns: int = COLUMNS) -> Figure:
    """Draw the images of each class in rows of their own, beside its name."""
    names, total = images.class_names[:MOST_CLASSES], len(images.class_names)
    blocks = [whole_rows(images.of_class(label), columns) for label in range(len(names))]
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


def draw_data_set(source: Source, drawn: Instance | None, folder: Path, size: int) -> list[Path]:
    """Draw what a data set holds; return the pictures' paths.

    `samples.png`: images of each class. `counts.png`: how many there are. `instance.png`: the
    training images of the instance, if there is one. `fits.png`: what each `--fit` makes of those
    pictures that are farthest from squares, if any are.
    """
    names, counts = source.train.class_names, source.train.counts().tolist()
    figures = {
        "samples.png": class_rows(
            _first_of_each(source.train, COLUMNS, size),
            f"{source.name}: the first images of each class",
        ),
        "counts.png": class_counts_chart(dict(zip(names, counts, strict=True))),
    }
    if drawn is not None:
        shown = _first_of_each(drawn.train, 50 if len(drawn.classes) <= 10 else COLUMNS, size)
        title = f"{source.name}, instance {drawn.seed}: images to train on"
        figures["instance.png"] = class_rows(shown, title)
    if (fits := _fits(source.train, size)) is not None:
        figures["fits.png"] = class_rows(fits, "What --fit makes of those least like squares")
    for name, figure in figures.items():
        with replacing(folder / name) as part:
            save(figure, part)
    return [folder / name for name in figures]


def _first_of_each(pool: Pool, count: int, size: int) -> Images:
    """Return the first images of each class that can be read."""
    some = pool.first_of_each(count)
    return some.select(some.can_be_read()).read(size)


def _fits(pool: Pool, size: int) -> Images | None:
    """Return pictures in every fit, which stand as classes; None if squares cost them little."""
    for reader in pool.readers:
        if found := reader.in_each_fit(COLUMNS, size):
            labels = np.repeat(np.arange(len(found)), [len(pixels) for pixels in found.values()])
            pixels = np.concatenate(list(found.values()))
            return Images(pixels, labels, tuple(found), pool.source)
    return None
