"""Whether a classifier's confidence can be believed, over all of its trainings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from classifiers.evaluation.scores import CALIBRATION_BINS, Bin
from pipelines.report.charts import INK, MUTED, svg
from pipelines.tasks.results import TrainTaskResult

CLOSE = 0.02
"""How far mean confidence and accuracy may lie apart and still be called alike."""


@dataclass(frozen=True)
class Calibration:
    """Confidence against accuracy.

    Attributes
    ----------
    bins
        Answers by their confidence, in parts of 0..1 of equal width; empty parts are left out.
    error
        Expected calibration error over those bins, 0..1 (Guo et al. 2017, section 2).
    """

    bins: list[Bin]
    error: float

    @property
    def images(self) -> int:
        """Answers in all."""
        return sum(one.images for one in self.bins)

    @property
    def words(self) -> str:
        """What it comes to, in a sentence."""
        sure = sum(one.confidence * one.images for one in self.bins) / self.images
        right = sum(one.accuracy * one.images for one in self.bins) / self.images
        said = f"Its mean confidence is {100 * sure:.1f} %, and {100 * right:.1f} % are right: "
        if abs(sure - right) <= CLOSE:
            return f"{said}on average it can be believed."
        return f"{said}it is {'too sure' if sure > right else 'too cautious'}."


def pooled(runs: Sequence[TrainTaskResult]) -> Calibration:
    """Join the bins of several trainings: the same as binning all of their answers at once.

    Each bin's mean confidence lies in the bin, so it says which one it is.
    """
    parts: dict[int, list[Bin]] = {}
    for run in runs:
        for one in run.scores.calibration:
            number = max(1, int(np.ceil(round(one.confidence * CALIBRATION_BINS, 6))))
            parts.setdefault(number, []).append(one)
    bins = [_joined(parts[number]) for number in sorted(parts)]
    images = sum(one.images for one in bins)
    error = sum(abs(one.accuracy - one.confidence) * one.images for one in bins) / images
    return Calibration(bins, error)


def _joined(bins: Sequence[Bin]) -> Bin:
    weights = [one.images for one in bins]
    return Bin(
        confidence=float(np.average([one.confidence for one in bins], weights=weights)),
        accuracy=float(np.average([one.accuracy for one in bins], weights=weights)),
        images=sum(weights),
    )


def reliability_chart(calibration: Calibration, color: str, key: str) -> Markup:
    """Draw accuracy against confidence, a circle a bin, as large as its images are many.

    Parameters
    ----------
    calibration
        The bins.
    color
        As `series_color` gives it.
    key
        Unique on the page.
    """
    bins = calibration.bins
    most = max(one.images for one in bins)
    least = 100 * min(0.5, *(min(one.confidence, one.accuracy) for one in bins))

    def draw(axes: Axes) -> None:
        axes.plot([0, 100], [0, 100], color=MUTED, linewidth=1, dashes=(4, 3), zorder=2)
        for one in bins:
            x, y = 100 * one.confidence, 100 * one.accuracy
            axes.plot([x, x], [x, y], color=color, linewidth=1.5, alpha=0.6, zorder=3)
        axes.scatter(
            [100 * one.confidence for one in bins],
            [100 * one.accuracy for one in bins],
            s=[14 + 150 * one.images / most for one in bins],
            color=color, alpha=0.85, linewidths=0, zorder=4, clip_on=False,
        )  # fmt: skip
        axes.set_title("right, %", loc="left", fontsize=12, color=INK)
        axes.set_xlabel("confidence, %")
        axes.set_xlim(least - 4, 102)
        axes.set_ylim(least - 4, 104)

    label = "; ".join(
        f"confidence {100 * one.confidence:.0f} %: {100 * one.accuracy:.0f} % right of {one.images}"
        for one in bins
    )
    return svg(draw, 250, f"Accuracy by confidence. {label}", key)
