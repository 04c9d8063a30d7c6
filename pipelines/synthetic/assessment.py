"""How good the samples of a bank are, measured against the images it was trained on and others."""

from pathlib import Path

from rich.progress import Progress

from ganaug.bank.bank import Bank
from ganaug.grids import save_picture
from ganaug.quality.assessment import FEWEST, ClassImages, assess
from ganaug.quality.pictures import neighbours_picture
from ganaug.quality.report import QualityReport
from groundwork.names import slug
from groundwork.terminal import screen
from pipelines.synthetic.judges import open_judges
from pipelines.synthetic.reals import Reals, find_reals
from pipelines.workspace import QUALITY


def assess_bank(
    bank: Path,
    instance: Path | None,
    judges: str,
    folder: Path,
    *,
    n: int,
    size: int,
    seed: int,
    truncation: float,
) -> tuple[QualityReport, list[Path]]:
    """Measure a bank's samples; write `quality.json` and the pictures of nearest neighbours.

    Parameters
    ----------
    bank, instance
        Folders of the generators and of their real images; None: those in the same outputs.
    judges
        Networks whose features are measured, joined by commas.
    folder
        Gets the files.
    n
        Generated images of each class.
    size
        Side in pixels to which a backbone resizes images.
    seed, truncation
        As in `Bank.sample`.

    Returns
    -------
    tuple
        The report, and the pictures' paths: one a judge and class.
    """
    generators = Bank(bank)
    reals = find_reals(generators, instance)
    generated = {
        name: generators.sample(name, n, seed, truncation) for name in generators.class_names
    }
    with Progress(console=screen()) as bar:
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
    report.save(folder / QUALITY)
    return report, _draw(report, reals, generated, folder)


def _notes(reals: Reals, truncation: float) -> list[str]:
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


def _draw(report: QualityReport, reals: Reals, generated: ClassImages, folder: Path) -> list[Path]:
    """Draw the nearest neighbours of every judge and class."""
    paths = []
    for quality in report.classes:
        if quality.nearest:
            picture = neighbours_picture(
                quality, reals.train[quality.name], generated[quality.name]
            )
            paths.append(folder / f"nearest-{slug(quality.name)}-{slug(quality.extractor)}.png")
            save_picture(picture, paths[-1])
    return paths
