"""The report as one HTML page that needs nothing else: no file, no network, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.comparison.results import ComparisonResult
from pipelines.report import charts, pictures, terms
from pipelines.report.advice import advise
from pipelines.report.cells import column_name, interval, percent
from pipelines.report.classes import arm_results, arm_runs, class_means, confusion, overall
from pipelines.report.growth import growth
from pipelines.report.notes import notes
from pipelines.report.table import results
from pipelines.report.words import (
    caveats,
    guessing,
    headline,
    judged,
    method_in_words,
    outlook,
    over_images,
)
from pipelines.statistics.verdicts import points
from pipelines.tasks.results import GanTaskResult

SHOWN_GENERATORS = 20
"""Generators with their pictures on the page; the rest are named with their folders."""


@dataclass(frozen=True)
class Generator:
    """A generator as the page shows it; no picture where the file is gone."""

    result: GanTaskResult
    folder: Path
    grid: pictures.Picture | None
    progress: list[tuple[int, pictures.Picture]]
    charts: list[Markup]


def render(comparison: ComparisonResult, outputs: Path) -> str:
    """Return the page.

    Parameters
    ----------
    comparison
        A finished comparison.
    outputs
        The folder that the runs' folders are relative to; the generators' pictures and the answers
        to the test images are read from it.

    Raises
    ------
    InputError
        If an arm has no training.
    """
    table = results(comparison, outputs)
    template = environment().get_template("page.html")
    return template.render(
        comparison=comparison,
        table=table,
        headline=headline(table),
        advice=advise(comparison, outputs).sentences if comparison.handed_over else [],
        method=method_in_words(comparison, table),
        caveats=caveats(comparison, table),
        guessing=guessing(table),
        dots=charts.instance_plot({arm.name: arm.final for arm in table.arms}),
        growth=growth(comparison, table),
        curves=_training_curves(comparison),
        generators=_generators(comparison, outputs),
        unshown=comparison.gans[SHOWN_GENERATORS:],
        overall={arm: overall(arm_results(comparison, arm)) for arm in comparison.arms},
        confusions={arm: confusion(arm_results(comparison, arm)) for arm in comparison.arms},
        class_means={arm: class_means(arm_runs(comparison, arm)) for arm in comparison.arms},
        notes=notes(comparison),
        settings=list(_flat(comparison.recipe)),
        version=version("ganaug"),
    )


def environment() -> Environment:
    """Return where the pages' templates and their filters are found."""
    jinja = Environment(
        loader=PackageLoader("pipelines.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters |= {
        "percent": percent,
        "interval": interval,
        "column_name": column_name,
        "points": points,
        "judged": judged,
        "outlook": outlook,
        "over_images": over_images,
        "duration": duration,
        "count": "{:,.0f}".format,
    }
    jinja.globals |= {"series": charts.SERIES, "terms": terms}
    return jinja


def duration(seconds: float) -> str:
    """Return a time for people.

    Examples
    --------
    >>> duration(4.24), duration(95.2), duration(7384)
    ('4.2 s', '1 min 35 s', '2 h 3 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _training_curves(comparison: ComparisonResult) -> list[Markup]:
    """Draw what was recorded of every epoch, and the test accuracy at the checkpoints."""
    runs = {arm: arm_results(comparison, arm) for arm in comparison.arms}
    kinds = (("loss", "training loss", False), ("accuracy", "training accuracy, %", True))
    shown = []
    for name, title, is_fraction in kinds:
        histories = {
            arm: [run.history[name] for run in own if run.history.get(name)]
            for arm, own in runs.items()
        }
        lines = {
            arm: [(range(1, len(values) + 1), values) for values in own]
            for arm, own in histories.items()
        }
        shown.append(_arm_curves(title, lines, f"train-{name}", is_fraction))
    tested = {
        arm: [(sorted(run.accuracy_at), _in_order(run.accuracy_at)) for run in own]
        for arm, own in runs.items()
    }
    if any(len(epochs) > 1 for lines in tested.values() for epochs, _ in lines):
        shown.append(_arm_curves("test accuracy, %", tested, "test-accuracy", True))
    return [chart for chart in shown if chart]


def _arm_curves(
    title: str, lines: Mapping[str, Sequence[Any]], key: str, is_fraction: bool
) -> Markup:
    """Draw one chart of all arms; nothing where no arm recorded the curve."""
    series = [charts.Series("", row, own) for row, own in enumerate(lines.values()) if own]
    if not series:
        return Markup()
    return charts.curves(title, series, xlabel="epoch", key=key, percent=is_fraction)


def _in_order(by_epoch: Mapping[int, float]) -> list[float]:
    return [by_epoch[epoch] for epoch in sorted(by_epoch)]


def _generators(comparison: ComparisonResult, outputs: Path) -> list[tuple[int, list[Generator]]]:
    """Return the generators instance by instance."""
    shown: dict[int, list[Generator]] = {}
    for number, run in enumerate(comparison.gans[:SHOWN_GENERATORS]):
        folder = outputs / run.folder
        generator = Generator(
            result=run.result,
            folder=run.folder,
            grid=pictures.grid(folder),
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


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Sequence[tuple[str, str]]:
    """Return nested settings as (dotted key, value)."""
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", "–" if value in (None, "", [], {}) else str(value)))
    return rows
