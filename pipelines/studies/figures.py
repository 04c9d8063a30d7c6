"""The figures that studies drew, of what a row came to."""

import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pipelines.comparison.results import ComparisonResult
from pipelines.errors import InputError
from pipelines.report.costs import costs
from pipelines.report.curves import curves_of_arms, training_curves
from pipelines.report.reading import read_comparison
from pipelines.report.table import ArmResult, Results, results
from pipelines.report.times import accuracy_against_time
from pipelines.report.votes import votes

OWN = 6
"""Arms whose training and validation curves are drawn; all of them stand in the full report."""


@dataclass(frozen=True)
class Figures:
    """The charts of a comparison.

    Attributes
    ----------
    arms
        In the order of their colours.
    charts
        What each shows, and the chart.
    """

    arms: list[ArmResult]
    charts: list[tuple[str, Markup]]


def figures(folder: Path, key: str) -> Figures | None:
    """Return the charts of a comparison; None where its folder is not here, or nothing is drawn.

    Parameters
    ----------
    folder
        ``outputs/comparison/…``
    key
        Unique on the page.
    """
    try:
        comparison = read_comparison(folder)
        table = results(comparison)
        drawn = _drawn(comparison, table)
    except InputError:  # of another machine, removed, or of another version
        return None
    charts = [
        (words, _renamed(chart, f"{key}-{number}"))
        for number, (words, chart) in enumerate(drawn)
        if chart
    ]
    return Figures(table.arms, charts) if charts else None


def _drawn(comparison: ComparisonResult, table: Results) -> list[tuple[str, Markup]]:
    found = []
    if (cost := costs(table)) is not None:
        found.append(("accuracy against the cost of one image", cost.chart))
    if (voting := votes(comparison, table)) is not None:
        found.append(("votes and their members, by class and in total", voting.chart))
    found.append(("accuracy against the time of training", accuracy_against_time(comparison)))
    found += [("epoch by epoch", chart) for chart in training_curves(comparison)]
    for own in curves_of_arms(comparison)[:OWN]:
        found += [(f"{own.arm}, its images and others", chart) for chart in own.charts]
    return found


def _renamed(chart: Markup, key: str) -> Markup:
    """Return a chart whose ids no other chart of the page has."""
    text = re.sub(r' id="', f' id="{key}-', str(chart))
    return Markup(re.sub(r'(url\(|href=")#', rf"\g<1>#{key}-", text))
