import numpy as np
import pytest

from classifiers import evaluate
from pipelines.report.calibration import pooled, reliability_chart
from pipelines.report.charts import series_color

NAMES = ("a", "b", "c")


def answers(seed):
    rng = np.random.default_rng(seed)
    return rng.dirichlet([0.4] * 3, 200), rng.integers(0, 3, 200)


def test_pooled_bins_are_those_of_all_answers_at_once(plain):
    both = [answers(seed) for seed in (0, 1)]
    result = plain.trainings[0].result
    runs = [result.model_copy(update={"scores": evaluate(*one, NAMES)}) for one in both]
    whole = evaluate(*(np.concatenate(part) for part in zip(*both, strict=True)), NAMES)
    found = pooled(runs)
    assert found.images == 400
    assert found.error == pytest.approx(whole.calibration_error)
    assert [one.images for one in found.bins] == [one.images for one in whole.calibration]
    assert "it is too sure" in found.words
    chart = reliability_chart(found, series_color(2), "key")
    assert "var(--s2)" in chart
    assert f"right of {found.bins[-1].images}" in chart


def test_an_honest_confidence_is_believed(plain):
    scores = evaluate(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]), ("a", "b"))
    found = pooled([plain.trainings[0].result.model_copy(update={"scores": scores})])
    assert found.words.endswith("on average it can be believed.")
    assert found.error == 0
