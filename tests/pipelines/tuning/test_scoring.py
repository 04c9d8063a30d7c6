import pytest

from pipelines.comparison.results import TrainRun
from pipelines.recipes.search import load_search
from pipelines.tasks.results import TrainTaskResult
from pipelines.tuning.scoring import fold_accuracies, last_accuracies
from pipelines.tuning.tuner import FoldTuner
from tests.made_comparison import make_comparison


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


def test_the_score_of_a_probe_which_has_no_epochs_is_its_accuracy():
    made = make_comparison(None, instances=1, pictures=False).trainings[0].result
    probe = made.model_copy(update={"accuracy_at": {}})
    assert last_accuracies(probe, 5) == probe.scores.accuracy


@pytest.mark.parametrize(
    ("train", "values", "looked_at"),
    [
        ({}, {"train.batch": 8}, (3, 4)),
        ({}, {"train.epochs": 8}, (7, 8)),
        ({"evaluate_at": [1]}, {"train.epochs": 2}, (1, 2)),
        ({"members": 3}, {"train.batch": 8}, ()),
        ({}, {"train.members": 3}, ()),
        ({"folds": 3}, {"train.batch": 8}, ()),
    ],
)
def test_a_trial_is_looked_at_in_the_last_of_its_own_epochs(search_file, train, values, looked_at):
    """A vote, which is looked at in the end alone, is no setting that does not work."""
    tuner = FoldTuner.__new__(FoldTuner)
    tuner.what = load_search(search_file, {"train": train, "arms": {"real": {}}})
    assert tuner._recipe(values, tuner.what.recipe.train.epochs).train.evaluate_at == looked_at
