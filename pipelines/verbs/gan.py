"""`ganaug gan`: train one generator a class."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ganaug.config import GanConfig
from pipelines import runtime
from pipelines.planning import estimate
from pipelines.recipe import DataConfig
from pipelines.study import draw_instances, open_source, plan_gans, train_gans


@dataclass(frozen=True)
class Trained:
    """Where the generators and their pictures lie.

    Attributes
    ----------
    source
        The images, in words.
    bank
        Folder with one sub-folder a class: generator, settings and sample grid.
    grids
        The sample grids, with a row of real images on top.
    """

    source: str
    bank: Path
    grids: list[Path]

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        grids = "\n".join(f"  {path}" for path in self.grids)
        return (
            f"{self.source}\ngenerators: {self.bank}\nsample grids:\n{grids}\n"
            f"more samples: ganaug sample {self.bank} --out samples.png"
        )


def gan(
    dataset: str = "auto",
    *,
    data_dir: Path | None = None,
    size: int | None = None,
    skip_bad: bool = False,
    classes: str = "2",
    per_class: int = 50,
    config: Annotated[GanConfig, Parameter(name="*")] = GanConfig(),  # noqa: B008 frozen
    outputs: Path = Path("outputs"),
    workers: int | None = None,
    dry_run: bool = False,
) -> Trained | str:
    """Train one DCGAN a class, on a few images each, and gather the generators in a bank.

    Example: ``ganaug gan cifar10 --classes airplane,cat --per-class 50 --steps 2000``

    Parameters
    ----------
    dataset
        Name of a data set, an image folder, or an .npz file; `auto`: CIFAR-10 if it can be had.
    data_dir
        Where tensorflow-datasets keeps its data; by default GANAUG_DATA_DIR or its own choice.
    size
        Side of the images in pixels, a multiple of 8 from 32 to 128; by default the source's own.
    skip_bad
        Go on without images that cannot be read.
    classes
        A number of classes, drawn with the seed, or names joined by commas.
    per_class
        Training images of each class.
    config
        The generator's settings. Its seed also draws the images.
    outputs
        Folder for everything that is made.
    workers
        Processes of one thread each; by default one a core.
    dry_run
        Say what would be trained and what it would cost, and stop.

    Returns
    -------
    Trained
        Where the bank and the grids lie; with ``dry_run`` the plan in words.

    Raises
    ------
    InputError
        If the images cannot be read or do not suffice, or ``outputs`` cannot be written.
    """
    data = DataConfig(
        source=dataset,
        data_dir=data_dir,
        size=size,
        skip_bad=skip_bad,
        classes=classes,
        per_class=per_class,
        test_per_class=1,
        seed=config.seed,
        instances=1,
    )
    workers = workers or runtime.cores()
    runtime.quiet()
    source = open_source(data)
    drawn = draw_instances(source, data, outputs)
    tasks = plan_gans(drawn, config.model_copy(update={"seed": 0}))
    if dry_run:
        return str(estimate(tasks[0], outputs, workers))
    (bank,), _ = train_gans(tasks, outputs, workers)
    folders = sorted(path for path in (outputs / bank).iterdir() if path.is_dir())
    return Trained(
        source="; ".join([source.name, *source.notes, *drawn[0].record.notes]),
        bank=outputs / bank,
        grids=[folder / "grid.png" for folder in folders],
    )
