"""Charts of the page: SVG whose colours and fonts are the page's own, light or dark."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 360
"""Units of a chart, about its CSS pixels on a phone: text keeps its size there."""

SERIES = 8
"""Colours for series, `--s0` (the reference's grey) to `--s7`."""

# matplotlib knows no CSS variables: each stands in as a colour that nothing else uses.
INK, MUTED, RULE, PAPER = "#010203", "#010204", "#010205", "#010206"
_VARIABLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", PAPER: "--paper"} | {
    f"#0304{i:02x}": f"--s{i}" for i in range(SERIES)
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: selectable, small, in the page's font
    "svg.hashsalt": "ganaug",  # the same ids in every run
    "text.parse_math": False,  # a class named $5 is no formula
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.dpi": 72,  # a unit of the SVG is a pixel
}


@dataclass(frozen=True)
class Series:
    """One line of a chart, with the runs that it is the mean of.

    Attributes
    ----------
    name
        For the label at the line's end; empty for none.
    color
        Index of its colour, taken round and round.
    runs
        (x, y) of every run.
    """

    name: str
    color: int
    runs: Sequence[tuple[Sequence[float], Sequence[float]]]


def instance_plot(arms: Mapping[str, Mapping[int, float]]) -> Markup:
    """Draw every instance's accuracy in every arm, thin lines joining the same instance.

    Parameters
    ----------
    arms
        Accuracy in 0..1 by instance, by arm; the reference arm first.
    """

    def draw(axes: Axes) -> None:
        names = list(arms)
        for instance in {i for values in arms.values() for i in values}:
            rows = [row for row, name in enumerate(names) if instance in arms[name]]
            values = [100 * arms[names[row]][instance] for row in rows]
            axes.plot(values, rows, color=MUTED, linewidth=0.8, alpha=0.6, zorder=2)
        for row, name in enumerate(names):
            values = [100 * value for value in arms[name].values()]
            mean = float(np.mean(values))
            axes.plot(
                values, [row] * len(values), "o", markersize=7, color=series_color(row), alpha=0.75,
                markeredgecolor=PAPER, markeredgewidth=0.8, zorder=3,
            )  # fmt: skip
            axes.plot([mean, mean], [row - 0.2, row + 0.2], color=INK, linewidth=2.2, zorder=4)
            axes.text(
                0, row - 0.33, name, transform=axes.get_yaxis_transform(), va="center", zorder=5
            )
            axes.text(
                1, row - 0.33, f"{mean:.1f}", transform=axes.get_yaxis_transform(),
                ha="right", va="center", color=MUTED,
            )  # fmt: skip
        axes.set_ylim(len(names) - 0.55, -0.6)
        axes.set_yticks([])
        axes.margins(x=0.06)
        axes.set_xlabel("test accuracy, %")

    label = "; ".join(
        f"{name}: {', '.join(f'{100 * v:.1f}' for v in values.values())} %"
        for name, values in arms.items()
    )
    height = 56 * len(arms) + 44
    return svg(draw, height, f"Accuracy of every instance. {label}", "instances")


def curves(
    title: str, series: Sequence[Series], *, xlabel: str, key: str, percent: bool = False
) -> Markup:
    """Draw each series' runs as thin lines and their mean as a thick one.

    Parameters
    ----------
    title
        What the y axis shows, written above it.
    series
        The lines.
    xlabel
        What the x axis shows.
    key
        Unique on the page.
    percent
        Show fractions as per cent.
    """
    factor = 100.0 if percent else 1.0

    def draw(axes: Axes) -> None:
        for one in series:
            color = series_color(one.color)
            lines = [_thinned(x, y) for x, y in one.runs]
            if len(lines) > 1:
                for x, y in lines:
                    axes.plot(x, factor * y, color=color, linewidth=0.8, alpha=0.35)
            x, mean = _mean(lines)
            axes.plot(x, factor * mean, color=color, linewidth=2, label=one.name)
        axes.set_title(title, loc="left", fontsize=12, color=INK)
        axes.set_xlabel(xlabel)
        axes.margins(x=0.02)
        if any(one.name for one in series):
            axes.legend(frameon=False, fontsize=11, ncols=2, loc="best", labelcolor=INK)

    return svg(draw, 220, f"{title} by {xlabel}", key)


def shortened(name: str, room: int) -> str:
    """Return a name as there is room for it, in characters."""
    return name if len(name) <= room else f"{name[: room - 1]}…"


def series_color(index: int) -> str:
    """Return what stands in for the page's colour of a series."""
    return f"#0304{index % SERIES:02x}"


def _thinned(
    x: Sequence[float], y: Sequence[float], most: int = 150
) -> tuple[np.ndarray, np.ndarray]:
    """Average neighbours until at most ``most`` points are left: a page holds many curves."""
    blocks = max(1, min(len(x), most))
    parts = np.array_split(np.arange(len(x)), blocks)
    return tuple(  # type: ignore[return-value]
        np.array([np.mean(np.asarray(values, dtype=float)[part]) for part in parts])
        for values in (x, y)
    )


def _mean(lines: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean line, as far as every run goes: runs may stop early."""
    length = min(len(x) for x, _ in lines)
    x, y = (np.mean([line[axis][:length] for line in lines], axis=0) for axis in (0, 1))
    return x, y


def svg(draw: Callable[[Axes], None], height: int, label: str, key: str) -> Markup:
    """Draw on fresh axes and return an SVG element to stand in the page."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")
        draw(figure.subplots())
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return Markup(_adopt(buffer.getvalue(), height, label, key))


def _adopt(svg: str, height: int, label: str, key: str) -> str:
    """Make matplotlib's SVG a part of the page: its colours, its font, ids that stay unique."""
    body = svg[svg.index("</defs>") + len("</defs>") : svg.rindex("</svg>")]
    body = re.sub(r" font-family: [^;]*;|\s*\n\s*", " ", body).replace("> <", "><")
    for color, variable in _VARIABLES.items():
        body = body.replace(color, f"var({variable})")
    used = set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", body))
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{key}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r"(url\(|xlink:href=\")#", rf"\1#{key}-", body).replace("xlink:href", "href")
    return (
        f'<svg class="chart" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {WIDTH} {height}">{body}</svg>'
    )
