"""The report as one HTML page that needs nothing else: no file, no network, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.comparison.results import ComparisonResult
from pipelines.report import charts
from pipelines.report.advice import advise
from pipelines.report.answers import accuracy_intervals
from pipelines.report.calibration import pooled, reliability_chart
from pipelines.report.classes import arm_results, arm_runs, class_means, confusion, overall
from pipelines.report.costs import costs
from pipelines.report.curves import curves_of_arms, training_curves
from pipelines.report.forest import Estimate, forest_plot
from pipelines.report.generators import SHOWN_GENERATORS, generators
from pipelines.report.gradcam import show_mistakes
from pipelines.report.growth import growth
from pipelines.report.mistakes import find_mistakes
from pipelines.report.nearest import JUDGE
from pipelines.report.notes import failed_lines, notes
from pipelines.report.onward import next_commands
from pipelines.report.table import ArmResult, Results, results
from pipelines.report.templates import environment
from pipelines.report.times import accuracy_against_time, times
from pipelines.report.unequal import unequal
from pipelines.report.votes import votes
from pipelines.report.words import caveats, guessing, headline, method_in_words
from pipelines.statistics.choosing import leader
from pipelines.statistics.paired import Summary
from pipelines.tasks.not_sure import Interval


@dataclass(frozen=True)
class ArmRow:
    """An arm in its table.

    Attributes
    ----------
    arm
        Its numbers.
    accuracy
        After the last epoch, over its instances, in 0..1.
    estimate
        The same for the forest plot, with its interval over instances and test images.
    left
        Why it was not tried on every instance; empty if it was.
    """

    arm: ArmResult
    accuracy: Summary
    estimate: Estimate
    left: str


def render(comparison: ComparisonResult, outputs: Path) -> str:
    """Return the page.

    Grad-CAM of the worst mistakes and the real images nearest to samples are drawn the first time,
    which loads Keras, and kept in the folders of the trainings and generators. Rendering again
    reads them.

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
    best = leader({arm.name: arm.final for arm in table.arms})
    intervals = accuracy_intervals(comparison, outputs)
    rows = sorted(_rows(comparison, table, best, intervals), key=lambda row: -row.accuracy.mean)
    mistakes = find_mistakes(comparison, best, outputs)
    pictured, unexplained = (
        show_mistakes(comparison, mistakes.shown, outputs) if mistakes else ([], "")
    )
    shown = generators(comparison, outputs)
    calibration = pooled(arm_results(comparison, best))
    color = comparison.arms.index(best)
    source, *noticed = comparison.source.split("; ")
    template = environment().get_template("page.html")
    return template.render(
        comparison=comparison,
        source=source,
        noticed=noticed,
        table=table,
        headline=headline(table),
        advice=_advice(comparison, outputs),
        method=method_in_words(comparison, table),
        caveats=caveats(comparison, table),
        guessing=guessing(table),
        best=best,
        color=color,
        rows=rows,
        unequal=len({row.accuracy.n for row in rows}) > 1,
        untried={name: why for name, why in comparison.left.items() if name not in comparison.arms},
        forest=forest_plot([row.estimate for row in rows], "test accuracy, %"),
        by_epoch=bool(comparison.published) or any(map(_changes, table.arms)),
        dots=charts.instance_plot({arm.name: arm.final for arm in table.arms}),
        growth=growth(comparison, table),
        curves=training_curves(comparison),
        of_arms=curves_of_arms(comparison),
        times=times(comparison),
        race=accuracy_against_time(comparison),
        generators=shown,
        nearest_shown=JUDGE if any(one.nearest for _, own in shown for one in own) else "",
        unshown=comparison.gans[SHOWN_GENERATORS:],
        overall={arm: overall(arm_results(comparison, arm)) for arm in comparison.arms},
        confusions_of={arm: confusion(arm_results(comparison, arm)) for arm in comparison.arms},
        class_means={arm: class_means(arm_runs(comparison, arm)) for arm in comparison.arms},
        calibration=calibration,
        reliability=reliability_chart(calibration, charts.series_color(color), "reliability"),
        mistakes=mistakes,
        pictured=pictured,
        unexplained=unexplained,
        votes=votes(comparison, table),
        costs=costs(table),
        unequal_classes=unequal(comparison, best) if table.guess else None,
        voted=any(run.members for run in arm_results(comparison, best)),
        commands=next_commands(comparison, best, outputs),
        notes=notes(comparison),
        failed=failed_lines(comparison),
        settings=list(_flat(comparison.recipe)),
        version=version("ganaug"),
    )


def _advice(comparison: ComparisonResult, outputs: Path) -> list[str]:
    """Return the advice of `ganaug compare`; why arms were left stands below their table."""
    if not comparison.handed_over:
        return []
    left = {f"“{name}” was left: {why}." for name, why in comparison.left.items()}
    return [words for words in advise(comparison, outputs).sentences if words not in left]


def _changes(arm: ArmResult) -> bool:
    """Whether an arm was tested at several epochs, and not only after its last one."""
    return len({cell.accuracy.mean for cell in arm.cells if cell.accuracy}) > 1


def _rows(
    comparison: ComparisonResult, table: Results, best: str, intervals: Mapping[str, Interval]
) -> list[ArmRow]:
    """Return the arms as their table and the forest plot show them."""
    rows = []
    most = max(len(arm.final) for arm in table.arms)
    for color, arm in enumerate(table.arms):
        accuracy, count = arm.accuracy, len(arm.final)
        estimate = Estimate(
            name=arm.name,
            color=color,
            value=accuracy.mean,
            interval=intervals.get(arm.name),
            best=arm.name == best,
            note=f"{count} of {most}" if count < most else "",
        )
        rows.append(ArmRow(arm, accuracy, estimate, comparison.left.get(arm.name, "")))
    return rows


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Sequence[tuple[str, str]]:
    """Return nested settings as (dotted key, value)."""
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", "–" if value in (None, "", [], {}) else str(value)))
    return rows
