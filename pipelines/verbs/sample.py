"""`ganaug sample`: new images from saved generators."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganaug import grids
from groundwork.names import folder_names
from groundwork.settings import MOST_SEED
from groundwork.terminal import say
from pipelines import runtime
from pipelines.data.images import Images
from pipelines.errors import InputError, within
from pipelines.recipes.rules import RANDOM, looks_at_features, parse_rules

if TYPE_CHECKING:
    from ganaug.bank.bank import Bank

MOST_IMAGES = 100_000
"""Of a class, in one call."""
MOST_PIXELS = 100_000_000
"""Of a grid."""
LEAST_TRUNCATION, MOST_TRUNCATION = 1e-3, 100.0


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
    if out.suffix not in (".png", ".npz", ""):
        raise InputError(f"--out ends in .png, .npz or is a folder, received {out}")
    within("--n", n, 1, MOST_IMAGES)
    within("--columns", columns, 1, 1000)
    within("--truncation", truncation, LEAST_TRUNCATION, MOST_TRUNCATION)
    within("--seed", seed, 0, MOST_SEED)
    parse_rules(choose)
    runtime.quiet()
    from ganaug.bank.bank import Bank  # only now: it loads Keras

    source = Bank(bank)
    names = [name.strip() for name in classes.split(",")] if classes else source.class_names
    if choose:
        drawn = _chosen(source, instance, names, choose, choose_by, n, seed, truncation)
    else:
        drawn = {name: source.sample(name, n, seed, truncation) for name in names}
    _write(drawn, out, columns, f"synthetic {bank}")
    return out


def _chosen(
    bank: "Bank",
    instance: Path | None,
    names: list[str],
    rules: str,
    judge: str,
    n: int,
    seed: int,
    truncation: float,
) -> dict[str, NDArray[np.uint8]]:
    """Return chosen samples by class, and print how many it took."""
    from pipelines.synthetic.judges import JUDGE_SIZE, open_judge
    from pipelines.synthetic.reals import find_reals
    from pipelines.synthetic.selection import choose

    judged = looks_at_features(rules)
    found = choose(
        bank,
        find_reals(bank, instance).train if judged else {},
        rules,
        n,
        seed=seed,
        judge=open_judge(judge if judged else RANDOM, JUDGE_SIZE),
        truncation=truncation,
        names=names,
    )
    for name, (_, report) in found.items():
        say(f"{name}: {report}")
    return {name: images for name, (images, _) in found.items()}


def _write(drawn: dict[str, NDArray[np.uint8]], out: Path, columns: int, source: str) -> None:
    """Write samples by class as one array file, one grid, or a folder of pictures."""
    if out.suffix == ".npz":
        labels = np.repeat(np.arange(len(drawn)), [len(images) for images in drawn.values()])
        Images(np.concatenate(list(drawn.values())), labels, tuple(drawn), source).save(out)
    elif out.suffix == ".png":
        count = sum(map(len, drawn.values()))
        if 4 * sum(images[..., 0].size for images in drawn.values()) > MOST_PIXELS:
            raise InputError(
                f"--out {out}: {count:,} images are too many for one picture; give a folder or a "
                "name that ends in .npz"
            )
        rows = [grids.whole_rows(images, columns) for images in drawn.values()]
        grids.save_picture(grids.image_grid(np.concatenate(rows), columns), out)
    else:
        for folder, images in zip(folder_names(list(drawn)), drawn.values(), strict=True):
            grids.save_images(images, out / folder)
