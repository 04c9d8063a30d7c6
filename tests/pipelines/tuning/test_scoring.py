import pytest

from pipelines.tasks.results import TrainTaskResult
from pipelines.tuning.scoring import last_accuracies


def test_the_score_is_the_mean_of_the_last_epochs_not_the_best(tmp_path):
    result = TrainTaskResult.model_construct(accuracy_at={1: 0.99, 2: 0.5, 3: 0.6, 4: 0.7})
    assert last_accuracies(result, 2) == pytest.approx(0.65)
