"""Whether a classifier's confidence can be believed, over all of its trainings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.evaluation.scores import CALIBRATION_BINS, Bin
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
