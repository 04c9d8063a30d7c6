import pytest

from pipelines.comparison.results import TrainRun
from pipelines.tasks.results import TrainTaskResult
from pipelines.tuning.scoring import fold_accuracies, last_accuracies


def test_the_score_is_the_mean_of_the_last_epochs_not_the_best(tmp_path):
    result = TrainTaskResult.model_construct(accuracy_at={1: 0.99, 2: 0.5, 3: 0.6, 4: 0.7})
    assert last_accuracies(result, 2) == pytest.approx(0.65)


def test_a_fold_that_several_seeds_trained_on_has_their_mean():
    runs = [
        TrainRun.model_construct(
            instance=fold,
            seed=seed,
            result=TrainTaskResult.model_construct(accuracy_at={1: accuracy}),
        )
        for fold, seed, accuracy in ((0, 0, 0.6), (0, 1, 0.8), (1, 0, 0.5), (1, 1, 0.5))
    ]
    assert fold_accuracies(runs, 5) == pytest.approx([0.7, 0.5])
