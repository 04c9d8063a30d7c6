"""Whether a classifier's probabilities mean what they say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.evaluation.scores import calibration_bins, calibration_error
from pipelines.statistics.abstention import Answers

CLOSE = 0.03
"""Mean probability and accuracy that differ by less are said to agree."""


@dataclass(frozen=True)
class Calibration:
    """Probabilities beside how often they are right, over all answers to test images; in 0..1.

    Attributes
    ----------
    error
        Expected calibration error (Guo et al., "On calibration of modern neural networks", ICML
        2017). Of few answers it is not 0 even where every probability is true.
    confidence
        The mean highest probability.
    accuracy
        How many answers are right.
    """

    error: float
    confidence: float
    accuracy: float

    @property
    def words(self) -> str:
        """What it means, in two sentences."""
        gap = self.confidence - self.accuracy
        if abs(gap) < CLOSE:
            means = "so on the whole its probabilities can be taken at their word"
        elif gap > 0:
            means = "so it is surer than it should be: read its probabilities as too high"
        else:
            means = "so it is right more often than it says: read its probabilities as too low"
        return (
            f"The expected calibration error is {100 * self.error:.1f} points (0: of the answers "
            "given 80 %, 80 % are right). On the mean it gives its answers "
            f"{100 * self.confidence:.1f} % and is right on {100 * self.accuracy:.1f} %; {means}."
        )


def calibration(instances: Sequence[Answers]) -> Calibration:
    """Compare how sure answers are with how many of them are right, over all instances together.

    One instance's answers are too few for the parts into which they are sorted.

    Parameters
    ----------
    instances
        At least one, with at least one answer.
    """
    confidence = np.concatenate([one.confidence for one in instances])
    right = np.concatenate([one.right for one in instances])
    return Calibration(
        error=calibration_error(calibration_bins(confidence, right)),
        confidence=float(confidence.mean()),
        accuracy=float(right.mean()),
    )
