"""`ganaug sample`: new images from saved generators."""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines import runtime
from pipelines.errors import InputError


def sample(
    bank: Path,
    *,
    classes: str | None = None,
    n: int = 16,
    seed: int = 0,
    truncation: float = 1.0,
    choose: str = "",
    choose_by: str = "efficientnet_lite0",
    instance: Path | None = None,
    out: Path = Path("samples.png"),
    columns: int = 8,
) -> Path:
    """Draw new images from a bank of generators; nothing but its folder is needed.

    Example: ``ganaug sample outputs/bank/airplane-cat-… --n 100 --out samples/``

    Parameters
    ----------
    bank
        Folder that `ganaug gan` printed.
    classes
        Names joined by commas; by default all.
    n
        Images of each class.
    seed
        The same seed gives the same images.
    truncation
        Scale of the latent vectors, above 0: below 1, samples are more typical and less varied.
    choose
        Rules that images must pass, e.g. ``agreement|novelty|score(0.5)``: five classifiers trained
        on the real images find the class, it copies no training image, it is among the half that
        the discriminator finds most real. How many images that took is printed.
    choose_by
        Network whose features the first two rules look at, or `random`.
    instance
        Folder of the training images, which those rules need; by default found as in `quality`.
    out
        Ends in .png: one grid, a block of rows a class. Ends in .npz: arrays `images` (uint8) and
        `labels`, and `class_names`. Else a folder: one PNG an image, a sub-folder a class.
    columns
        Images in a row of the grid.

    Returns
    -------
    Path
        What was written: ``out``.

    Raises
    ------
    InputError
        If the bank or a class is missing or damaged, or ``out`` cannot be written.
    """
    runtime.quiet()
    from ganaug import Bank, grids
    from pipelines.images import Images

    if out.suffix not in (".png", ".npz", ""):
        raise InputError(f"--out ends in .png, .npz or is a folder, received {out}")
    source = Bank(bank)
    names = [name.strip() for name in classes.split(",")] if classes else source.class_names
    if choose:
        from pipelines.choosing import RANDOM, looks_at_features
        from pipelines.choosing import choose as chosen_from
        from pipelines.judges import JUDGE_SIZE, find_reals, open_judge

        judged = looks_at_features(choose)
        found = chosen_from(
            source,
            find_reals(source, instance).train if judged else {},
            choose,
            n,
            seed=seed,
            judge=open_judge(choose_by if judged else RANDOM, JUDGE_SIZE),
            truncation=truncation,
            names=names,
        )
        for name, (_, report) in found.items():
            print(f"{name}: {report}", file=sys.stderr)
        drawn = {name: images for name, (images, _) in found.items()}
    else:
        drawn = {name: source.sample(name, n, seed, truncation) for name in names}
    if out.suffix == ".npz":
        labels = np.repeat(np.arange(len(names)), n)
        synthetic = Images(
            np.concatenate(list(drawn.values())), labels, tuple(names), f"synthetic {bank}"
        )
        synthetic.save(out)
    elif out.suffix == ".png":
        rows = [_whole_rows(images, columns) for images in drawn.values()]
        grids.save_picture(grids.image_grid(np.concatenate(rows), columns), out)
    else:
        for name, images in drawn.items():
            grids.save_images(images, out / name)
    return out


def _whole_rows(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Fill the last row with blank images, so that the next class begins on a row of its own."""
    blanks = -len(images) % columns
    return np.concatenate([images, np.full((blanks, *images.shape[1:]), 255, np.uint8)])
