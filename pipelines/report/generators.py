"""The generators as the page shows them: grids, curves, and the real images nearest to samples."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pipelines.comparison.results import ComparisonResult
from pipelines.report import charts, pictures
from pipelines.report.nearest import draw_nearest, nearest
from pipelines.tasks.results import GanTaskResult

SHOWN_GENERATORS = 20
"""Generators with their pictures on the page; the rest are named with their folders."""


@dataclass(frozen=True)
class Generator:
    """A generator as the page shows it; no picture where the file is gone."""

    result: GanTaskResult
    folder: Path
    grid: pictures.Picture | None
    nearest: pictures.Picture | None
    progress: list[tuple[int, pictures.Picture]]
    charts: list[Markup]


def generators(comparison: ComparisonResult, outputs: Path) -> list[tuple[int, list[Generator]]]:
    """Return the generators instance by instance, their pictures read or, if need be, drawn."""
    shown: dict[int, list[Generator]] = {}
    draw_nearest(comparison, comparison.gans[:SHOWN_GENERATORS], outputs)
    for number, run in enumerate(comparison.gans[:SHOWN_GENERATORS]):
        folder = outputs / run.folder
        generator = Generator(
            result=run.result,
            folder=run.folder,
            grid=pictures.grid(folder),
            nearest=nearest(folder),
            progress=pictures.progress(folder),
            charts=_gan_curves(run.result, number),
        )
        shown.setdefault(run.instance, []).append(generator)
    return sorted(shown.items())


def _gan_curves(result: GanTaskResult, number: int) -> list[Markup]:
    """Draw the two losses, and what the discriminator says of real and of generated images."""
    kinds = (
        ("losses", {"d_loss": "discriminator", "g_loss": "generator"}),
        ("discriminator's output (logit)", {"d_real": "real", "d_fake": "generated"}),
    )
    steps = result.history.get("step", [])
    shown = []
    for part, (title, names) in enumerate(kinds):
        series = [
            charts.Series(label, color, [(steps, result.history[name])])
            for color, (name, label) in enumerate(names.items(), start=1)
            if steps and len(result.history.get(name, [])) == len(steps)
        ]
        if series:
            key = f"gan-{number}-{part}"
            shown.append(charts.curves(title, series, xlabel="step", key=key))
    return shown
