"""`ganaug quality`: how good the samples of a bank are, and whether they are copies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from pipelines import runtime
from pipelines.identity import slug

if TYPE_CHECKING:  # at run time these would import TensorFlow
    from ganaug.quality import ClassImages, QualityReport
    from pipelines.judges import Reals


@dataclass(frozen=True)
class Assessed:
    """The quality of a bank, and where it is written.

    Attributes
    ----------
    report
        Every number with its extractor, its n, its error and its floor.
    file
        The report as JSON.
    pictures
        For each judge and class, generated images with the nearest training images beside them.
    """

    report: "QualityReport"
    file: Path
    pictures: list[Path]

    def __str__(self) -> str:
        """Return the table and the files, as the command line prints them."""
        files = [f"numbers:            {self.file}"]
        files += [f"nearest neighbours: {path}" for path in self.pictures]
        return "\n".join([self.report.table(), "", *files])


def quality(
    bank: Path,
    *,
    instance: Path | None = None,
    n: int = 200,
    judges: str = "efficientnet_lite0,random",
    size: int = 160,
    truncation: float = 1.0,
    seed: int = 0,
    out: Path | None = None,
) -> Assessed:
    """Measure how real and how varied the samples of a bank are, and look for copies.

    Example: ``ganaug quality outputs/bank/airplane-cat-… --n 200``

    Parameters
    ----------
    bank
        Folder that `ganaug gan` printed.
    instance
        Folder with the images it was trained on, `train.npz`, and held-out ones, `test.npz`; by
        default found in the same outputs folder.
    n
        Generated images of each class.
    judges
        Networks whose features are measured, joined by commas: backbones such as
        `efficientnet_lite0`, or `random`, a network that was never trained. A network that helped
        to train the generators flatters them.
    size
        Side in pixels to which a backbone resizes images.
    truncation
        Scale of the latent vectors, above 0.
    seed
        The same seed gives the same samples and numbers.
    out
        Folder for `quality.json` and the pictures; by default `quality` in the bank.

    Returns
    -------
    Assessed
        The report and the files.

    Raises
    ------
    InputError
        If the bank is damaged, its training images are not found, or ``out`` cannot be written.
    """
    runtime.quiet()
    from ganaug import Bank
    from ganaug.quality import assess
    from pipelines.judges import find_reals, open_judges

    generators = Bank(bank)
    reals = find_reals(generators, instance)
    generated = {
        name: generators.sample(name, n, seed, truncation) for name in generators.class_names
    }
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("judging", total=None)
        report = assess(
            reals.train,
            reals.held_out,
            generated,
            open_judges(judges, size),
            seed=seed,
            notes=_notes(reals, truncation),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    folder = out or bank / "quality"
    report.save(folder / "quality.json")
    return Assessed(report, folder / "quality.json", _draw(report, reals, generated, folder))


def _notes(reals: "Reals", truncation: float) -> list[str]:
    from ganaug.quality.assessment import FEWEST

    notes = []
    if reals.projected:
        notes.append(
            "The discriminator looked through a pre-trained network, which flatters the samples "
            "before any judge akin to it."
        )
    if reals.too_few is not None:
        notes.append(
            f"The test images were not used: a class has {reals.too_few}, and fewer than {FEWEST} "
            "are too few to measure by."
        )
    if truncation != 1:
        notes.append(f"Samples drawn with truncation {truncation}.")
    return notes


def _draw(
    report: "QualityReport", reals: "Reals", generated: "ClassImages", folder: Path
) -> list[Path]:
    """Draw the nearest neighbours of every judge and class."""
    from ganaug.grids import save_picture
    from ganaug.quality import neighbours_picture

    paths = []
    for quality in report.classes:
        if quality.nearest:
            picture = neighbours_picture(
                quality, reals.train[quality.name], generated[quality.name]
            )
            paths.append(folder / f"nearest-{slug(quality.name)}-{slug(quality.extractor)}.png")
            save_picture(picture, paths[-1])
    return paths
