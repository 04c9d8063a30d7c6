"""Charts of scores and trainings: matplotlib figures, made to be read at a phone's width.

Every function returns a `Figure` of its own, without pyplot and its global state; `save` writes it.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from classifiers.errors import InputError
from classifiers.evaluation.scores import Evaluation
from groundwork.files import replacing

WIDTH = 4.2
"""Inches: at 390 CSS pixels, text of 9 points then has a phone's usual size."""
INK, MUTED, RULE, PAPER = "#1b1f24", "#57606c", "#dfe3e8", "#ffffff"
COLORS = ("#2468b4", "#b8540a", "#18794e", "#8046b4", "#b52a45", "#0c7484", "#786600", "#66707d")
HEAT = LinearSegmentedColormap.from_list("heat", ["#f5f8fc", "#8db7e2", "#2468b4", "#0e2f57"])
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "font.size": 9,
    "text.parse_math": False,  # a class named $5 is no formula
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "savefig.dpi": 200,
}
PERCENT = FuncFormatter(lambda fraction, _: f"{100 * fraction:.0f} %")
LONG_NAME = 24
"""Letters from which names in a legend stand below each other."""
VALUES_UP_TO = 12
"""More classes than this, and their cells are too small for numbers."""


def confusion_chart(scores: Evaluation, *, title: str = "") -> Figure:
    """Draw the confusion matrix: rows are true classes, colours their fractions."""
    names = [one.name for one in scores.per_class]
    counts = np.array(scores.confusion)
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = float(np.clip(0.32 * len(names), 2.2, 16))
    text = 9 if len(names) <= 40 else 5

    def draw(axes: Axes) -> None:
        axes.imshow(fractions, cmap=HEAT, vmin=0, vmax=1)
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=text)
        axes.set_yticks(range(len(names)), names, fontsize=text)
        axes.set(xlabel="predicted", ylabel="true")
        axes.spines[:].set_visible(False)
        if len(names) <= VALUES_UP_TO:
            for (row, column), count in np.ndenumerate(counts):
                color = PAPER if fractions[row, column] > 0.45 else INK if count else RULE
                axes.text(column, row, str(count), ha="center", va="center", color=color)

    heading = title or f"{_percent(scores.accuracy)} of {scores.images} images right"
    return _figure(draw, heading, width=max(WIDTH, size + 1), height=size + 1.3)


def class_accuracy_chart(models: Mapping[str, Evaluation], *, title: str = "") -> Figure:
    """Draw each class's accuracy (its recall), one mark a model; classes from easy to hard."""
    first = next(iter(models.values()))
    recalls = np.array([[one.recall for one in scores.per_class] for scores in models.values()])
    order = np.argsort(recalls.mean(axis=0))
    names = [first.per_class[k].name for k in order]

    def draw(axes: Axes) -> None:
        rows = np.arange(len(names))
        values = recalls[:, order]
        axes.hlines(rows, values.min(axis=0), values.max(axis=0), color=RULE, linewidth=3)
        for number, (name, row) in enumerate(zip(models, values, strict=True)):
            axes.plot(row, rows, "o", markersize=6.5, color=_color(number), label=name, alpha=0.9)
        axes.set_yticks(rows, names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlim(min(0.5, float(values.min())) - 0.03, 1.03)
        axes.xaxis.set_major_formatter(PERCENT)
        axes.grid(axis="x")
        axes.spines[:].set_visible(False)
        axes.set_xlabel("fraction of the class's images recognised")
        if len(models) > 1:
            _legend_below(axes)

    height = 0.27 * len(names) + 1.1 + (0.25 * -(-len(models) // 2) if len(models) > 1 else 0)
    return _figure(draw, title or "Accuracy by class", height=height)


def training_chart(histories: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Draw loss and accuracy by epoch: training solid, validation dashed, a colour a training."""

    def draw(axes: Axes, curve: str) -> None:
        for number, (name, history) in enumerate(histories.items()):
            for key, line, label in ((curve, "-", name), (f"val_{curve}", (0, (3, 1.5)), None)):
                if key in history:
                    epochs = np.arange(1, len(history[key]) + 1)
                    axes.plot(epochs, history[key], ls=line, color=_color(number), label=label)
        axes.set_title(curve.capitalize())
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.margins(x=0.02)

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True)
        draw(upper, "loss")
        upper.set_ylim(bottom=0)
        draw(lower, "accuracy")
        lower.yaxis.set_major_formatter(PERCENT)
        validated = any("val_accuracy" in history for history in histories.values())
        lower.set_xlabel("epoch (dashed: validation images)" if validated else "epoch")
        if len(histories) > 1:
            _legend_below(lower)
    return figure


def flops_chart(models: Mapping[str, tuple[float, float]], *, title: str = "") -> Figure:
    """Draw accuracy (0..1) against FLOPs an image, and the front that no model beats on both.

    Parameters
    ----------
    models
        FLOPs and accuracy by name.
    title
        Heading; a default where empty.
    """
    ordered = sorted(models.items(), key=lambda item: (item[1][0], -item[1][1]))
    front: list[tuple[float, float]] = []
    for _, point in ordered:
        if not front or point[1] > front[-1][1]:
            front.append(point)

    def draw(axes: Axes) -> None:
        axes.step(*zip(*front, strict=True), where="post", color=RULE, linewidth=2, zorder=1)
        for number, (name, (flops, accuracy)) in enumerate(ordered, start=1):
            axes.plot(
                flops, accuracy, "o", markersize=13, markeredgecolor=PAPER, zorder=3,
                color=COLORS[0] if (flops, accuracy) in front else COLORS[-1],
                label=f"{number}  {name}: {_percent(accuracy)}, {_flops(flops)}",
            )  # fmt: skip
            axes.text(
                flops, accuracy, str(number), color=PAPER, fontsize=8, fontweight="bold",
                ha="center", va="center_baseline", zorder=4,
            )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda flops, _: _flops(flops)))
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(PERCENT)
        axes.margins(0.1)
        axes.grid()
        axes.spines[:].set_visible(False)
        axes.set_xlabel("floating-point operations an image")
        _legend_below(axes, columns=1, markerscale=0.5)

    height = 3.3 + 0.2 * len(ordered)
    return _figure(draw, title or "Accuracy against cost", height=height)


def class_counts_chart(counts: Mapping[str, int], *, title: str = "") -> Figure:
    """Draw the images of each class, largest first: how imbalanced a data set is."""
    ordered = sorted(counts.items(), key=lambda item: item[1])
    names, values = [name for name, _ in ordered], [count for _, count in ordered]
    text = 9 if len(names) <= 40 else 6

    def draw(axes: Axes) -> None:
        rows = range(len(names))
        axes.barh(rows, values, height=0.72, color=COLORS[0])
        axes.axvline(float(np.mean(values)), color=COLORS[1], linewidth=1.2, zorder=0)
        axes.annotate(
            f" mean {np.mean(values):.0f}", (float(np.mean(values)), 1),
            xycoords=("data", "axes fraction"), va="bottom", ha="center", color=COLORS[1],
        )  # fmt: skip
        for row, value in zip(rows, values, strict=True):
            axes.text(
                value, row, f" {value}", va="center", color=MUTED, fontsize=text,
                path_effects=[withStroke(linewidth=3, foreground=PAPER)],
            )  # fmt: skip
        axes.set_yticks(rows, names, fontsize=text)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.margins(x=0.12)
        axes.set_xticks([])
        axes.spines[:].set_visible(False)

    ratio = max(values) / max(min(values), 1)
    height = (0.27 if text == 9 else 0.13) * len(names) + 0.9
    return _figure(draw, title or f"Imbalance of classes: {ratio:.1f}×", height=height, titlepad=22)


def reliability_chart(scores: Evaluation, *, title: str = "") -> Figure:
    """Draw accuracy against confidence; on the diagonal a model is as right as it is sure."""

    def draw(axes: Axes) -> None:
        confidence = [part.confidence for part in scores.calibration]
        accuracy = [part.accuracy for part in scores.calibration]
        area = [12 + 260 * part.images / scores.images for part in scores.calibration]
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1.5, zorder=1)
        axes.vlines(confidence, confidence, accuracy, color=COLORS[1], linewidth=2.5, alpha=0.5)
        axes.scatter(confidence, accuracy, s=area, color=COLORS[0], alpha=0.85, zorder=3)
        axes.set(xlim=(-0.02, 1.04), ylim=(-0.02, 1.04), aspect="equal")
        axes.xaxis.set_major_formatter(PERCENT)
        axes.yaxis.set_major_formatter(PERCENT)
        axes.set(xlabel="confidence (area: images)", ylabel="accuracy")
        axes.grid()
        axes.spines[:].set_visible(False)

    heading = title or f"Calibration error {_percent(scores.calibration_error)}"
    return _figure(draw, heading, height=WIDTH)


def save(figure: Figure, path: Path) -> Path:
    """Write a figure in the format that the path's suffix names (.png, .svg, .pdf).

    Raises
    ------
    InputError
        If matplotlib cannot write that format, or the file cannot be written.
    """
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Of letters that the font lacks there are boxes; the tables beside have the names.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        try:
            with replacing(path) as part:
                figure.savefig(part)
        except InputError:
            raise
        except ValueError as error:
            raise InputError(f"cannot write {path.name}: {error}") from error
    return path


def _figure(
    draw: Callable[[Axes], Any],
    title: str,
    *,
    height: float,
    width: float = WIDTH,
    titlepad: float = 10,
) -> Figure:
    """Return a figure of one chart."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.set_title(title, pad=titlepad)
    return figure


def _legend_below(axes: Axes, columns: int = 2, markerscale: float = 1) -> None:
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(
        handles,
        labels,
        loc="outside lower left",
        ncols=columns if max(map(len, labels)) < LONG_NAME else 1,
        handlelength=1.4,
        markerscale=markerscale,
    )


def _color(number: int) -> str:
    return COLORS[number % len(COLORS)]


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"


def _flops(value: float) -> str:
    """Write 2.5e9 as 2.5 G."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g}"
