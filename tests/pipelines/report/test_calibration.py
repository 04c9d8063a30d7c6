"""Whether probabilities mean what they say."""

import numpy as np
import pytest

from pipelines.report.calibration import calibration
from pipelines.statistics.abstention import Answers


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.95, "so it is surer than it should be: read its probabilities as too high."),
        (0.79, "so on the whole its probabilities can be taken at their word."),
        (0.6, "so it is right more often than it says: read its probabilities as too low."),
    ],
)
def test_it_is_measured_over_all_instances_and_said(confidence: float, words: str) -> None:
    right = np.array([1.0, 1, 1, 1, 0])
    found = calibration([Answers(range(5), np.full(5, confidence), right)] * 3)
    assert found.error == pytest.approx(abs(confidence - 0.8))
    assert (found.confidence, found.accuracy) == pytest.approx((confidence, 0.8))
    assert found.words.endswith(words)
