"""Static pages of the studies: one of all rows, published beside measured, and one a study."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from matplotlib.axes import Axes

from groundwork.files import replacing
from pipelines.report import charts
from pipelines.report.pictures import Picture, grid
from pipelines.report.templates import environment
from pipelines.studies.figures import Figures, figures
from pipelines.studies.measured import Figure, Measured, differences, fullest, names
from pipelines.studies.printed import as_percent
from pipelines.studies.rows import STUDIES, Row

INDEX = "index.html"
NAME, SHOWN = 48, 10
"""Characters of a name beside a chart, and sample grids of a row."""


@dataclass(frozen=True)
class Line:
    """An arm of a row in its table.

    Attributes
    ----------
    name
        The arm, and the epoch where it has several figures.
    figure
        What was measured.
    published
        The study's figure and spread in the unit of what was measured; None where it has none.
    """

    name: str
    figure: Figure
    published: tuple[float, float | None] | None

    @property
    def gap(self) -> float | None:
        """Measured minus published."""
        return None if self.published is None else self.figure.mean - self.published[0]


@dataclass(frozen=True)
class Ran:
    """A step of a row that ran.

    Attributes
    ----------
    step
        What it came to.
    lines
        Its arms.
    chart
        Published beside measured; empty where nothing was published.
    report
        Where its page is, relative to that of the study; empty where there is none here.
    pictures
        Sample grids of its generators, with the class of each.
    figures
        What the study drew; None where the comparison is not here.
    """

    step: Measured
    lines: list[Line]
    chart: Markup
    report: str
    pictures: list[tuple[str, Picture]]
    figures: Figures | None


def write_pages(
    folder: Path, rows: Mapping[str, Row], measured: Mapping[str, Sequence[Measured]], outputs: Path
) -> Path:
    """Write the pages and return the first one, that of all rows.

    Parameters
    ----------
    folder
        Where they go; pages of the same names are replaced.
    rows
        All rows, by name.
    measured
        What each came to, the fullest profile of a step first.
    outputs
        What the reports' paths are relative to.
    """
    jinja = environment("pipelines.studies")
    folder.mkdir(parents=True, exist_ok=True)
    ran = {
        name: [
            _ran(f"{name}-{number}", one, folder, outputs)
            for number, one in enumerate(fullest(measured.get(name, ())))
        ]
        for name in rows
    }
    differs = {
        name: differences(row, [one.step for one in ran[name]]) for name, row in rows.items()
    }
    pages = {f"{letter}.html": letter for letter in STUDIES}
    shown = {
        INDEX: jinja.get_template("index.html").render(
            title="Five studies, row by row", rows=rows, ran=ran, differs=differs, studies=STUDIES
        )
    }
    for page, letter in pages.items():
        own = {name: row for name, row in rows.items() if name.startswith(letter)}
        shown[page] = jinja.get_template("study.html").render(
            title=STUDIES[letter], letter=letter, rows=own, ran=ran, differs=differs
        )
    for page, content in shown.items():
        with replacing(folder / page) as part:
            part.write_text(content, encoding="utf-8")
    return folder / INDEX


def _ran(key: str, step: Measured, folder: Path, outputs: Path) -> Ran:
    lines = [
        Line(name, figure, _published(figure))
        for name, figure in zip(names(step.figures), step.figures, strict=True)
    ]
    report = outputs / step.report
    known = bool(step.report) and report.is_file()
    return Ran(
        step=step,
        lines=lines,
        chart=_chart([line for line in lines if line.published], key),
        report=Path(os.path.relpath(report, folder)).as_posix() if known else "",
        pictures=_pictures(step, outputs),
        figures=figures(report.parent, key) if known else None,
    )


def _pictures(step: Measured, outputs: Path) -> list[tuple[str, Picture]]:
    """Return the sample grids that are still there, a few of them."""
    found = ((Path(path).parent.name, grid((outputs / path).parent)) for path in step.pictures)
    return [(name, picture) for name, picture in found if picture][:SHOWN]


def _published(figure: Figure) -> tuple[float, float | None] | None:
    """Return the published accuracy; of a measure that is none, such as a time to one, nothing."""
    return as_percent(figure.published) if ", %" in figure.measure else None


def _chart(lines: Sequence[Line], key: str) -> Markup:
    """Draw published figures as rings and measured ones as dots, an arm a row."""
    if not lines:
        return Markup()
    colors = charts.series_color(0), charts.series_color(1)

    def draw(axes: Axes) -> None:
        across = axes.get_yaxis_transform()
        for row, line in enumerate(lines):
            assert line.published is not None
            pairs = (line.published, (line.figure.mean, line.figure.spread))
            for (value, spread), color, height, face in zip(
                pairs, colors, (row - 0.09, row + 0.09), (charts.PAPER, colors[1]), strict=True
            ):
                axes.errorbar(
                    value, height, xerr=spread or None, fmt="o", color=color, markersize=7,
                    markerfacecolor=face, markeredgewidth=1.8, elinewidth=1.4,
                )  # fmt: skip
            axes.text(
                0, row - 0.38, charts.shortened(line.name, NAME), transform=across, va="center"
            )
        axes.set_ylim(len(lines) - 0.5, -0.7)
        axes.set_yticks([])
        axes.margins(x=0.05)
        axes.set_xlabel(lines[0].figure.measure.split(", ")[0] + ", %")

    said = "; ".join(
        f"{line.name}: published {line.figure.published}, measured {line.figure.mean:.1f}"
        for line in lines
    )
    return charts.svg(draw, 46 * len(lines) + 44, f"Published and measured. {said}", key)
