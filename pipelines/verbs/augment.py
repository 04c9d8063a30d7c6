"""`ganaug augment preview`: what every augmentation does to images of a data set."""

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from ganaug.grids import save_picture
from groundwork.settings import MOST_SEED
from pipelines import runtime
from pipelines.comparison.sizes import SCRATCH
from pipelines.data.choosing import Fit
from pipelines.data.sources import load_source
from pipelines.errors import InputError, within

SPARE = 2
"""Images that are looked at for each that is shown: some may be damaged."""


def augment_preview(
    dataset: Annotated[str, Parameter(name=["--dataset", "--image-folder"])] = "auto",
    *,
    data_dir: Path | None = None,
    size: int | None = None,
    fit: Fit = "crop",
    augment: str | None = None,
    columns: int = 10,
    seed: int = 0,
    out: Path = Path("augmentations.png"),
) -> Path:
    """Draw one sheet with every augmentation applied to the same images.

    Example: ``ganaug augment preview cifar10 --augment "flip|shift(4)" --out sheet.png``

    Parameters
    ----------
    dataset
        Name of a data set, or a path of your own: class folders of images, `.zip`, `.csv` of paths
        and labels, `.npz`; `auto`: CIFAR-10 if it can be had.
    data_dir
        Where tensorflow-datasets keeps its data; by default GANAUG_DATA_DIR or its own choice.
    size
        Side of the square images, in pixels; by default the pictures' own, at most 64.
    fit
        How pictures become squares: `crop` keeps the centre, `inner` 7/8 of that, `pad` sets
        them on black, `squash` stretches them.
    augment
        One pipeline to show instead, e.g. `flip|shift(4)`: each row draws anew.
    columns
        Images in a row, of as many classes as there are; those that cannot be read are passed over.
    seed
        Chooses the images and fixes every draw.
    out
        The picture to write, in the format of its suffix.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    InputError
        If the data set or the pipeline is not understood, or ``out`` cannot be written.
    """
    within("--columns", columns, 1, 64)
    within("--seed", seed, 0, MOST_SEED)
    if size is not None:
        within("--size", size, 8, 512)
    runtime.quiet()
    from pipelines.augment.offline.preview import offline_rows
    from pipelines.augment.preview import drawn_rows, online_rows, sheet

    train = load_source(dataset, data_dir=data_dir, fit=fit, skip_bad=True).train
    rng = np.random.default_rng(seed)
    labels = range(len(train.class_names))
    of_class = [rng.permutation(np.flatnonzero(train.labels == label)) for label in labels]
    in_turn = [places[turn] for turn in range(columns) for places in of_class if turn < len(places)]
    some = train.select(in_turn[: SPARE * columns])
    shown = np.flatnonzero(some.can_be_read())[:columns]
    if not len(shown):
        raise InputError(f"{dataset}: {len(some)} of its images cannot be read; check them")
    images = some.select(shown).read(size or min(train.side, SCRATCH)).pixels
    if augment is None:
        rows = [*online_rows(images, seed), *offline_rows(images, seed)]
    else:
        rows = list(drawn_rows(augment, images, seed))
    save_picture(sheet(rows), out)
    return out
