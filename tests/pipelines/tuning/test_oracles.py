"""What each of keras-tuner's oracles proposes."""

import keras_tuner as kt
import numpy as np
import pytest

from pipelines.recipes.search import load_search
from pipelines.tasks.executor import Executor
from pipelines.tuning.folds import make_folds
from pipelines.tuning.results import read_trials
from pipelines.tuning.tuner import run_search
from tests.pipelines.searches import TEXT
from tests.pipelines.tuning.fake import FakeTuner


def test_yes_and_no_stay_yes_and_no(search_file, drawn, tmp_path):
    space = {"train.decay_biases": [True, False], "train.learning_rate": [0.01]}
    search = load_search(search_file, {"space": {"augment": ["flip"]} | space})
    tuner = FakeTuner(
        search, make_folds(drawn, search.tune, tmp_path), Executor(tmp_path), tmp_path
    )
    run_search(tuner)
    assert sorted(values["train.decay_biases"] for values in tuner.tried) == [False, True]
    assert {type(values["train.decay_biases"]) for values in tuner.tried} == {bool}


@pytest.mark.slow
def test_bayesian_trials_are_plain_numbers(search_file, drawn, tmp_path):
    space = {
        "augment": ["", "flip"],
        "train.momentum": {"low": 0, "high": 0.9},
        "train.learning_rate": {"low": 0.001, "high": 0.1, "scale": "log"},
    }
    tune = {"tuner": "bayesian", "trials": 6, "initial": 3}
    search = load_search(search_file, {"space": space, "tune": tune})
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    assert len(tuner.tried) == 6
    assert {type(values["train.momentum"]) for values in tuner.tried} == {float}
    assert all(0 <= values["train.momentum"] <= 0.9 for values in tuner.tried)


def test_halving_gives_more_folds_to_the_better_half(search_file, drawn, tmp_path):
    changes = {
        "tune": {"tuner": "halving", "factor": 2, "folds": 4},
        "space": {"train.learning_rate": {"low": 0.001, "high": 0.9}},
    }
    search = load_search(search_file, changes)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    assert {values["tuner/epochs"] for values in tuner.tried} == {1, 2, 4}
    rates = {
        budget: [v["train.learning_rate"] for v in tuner.tried if v["tuner/epochs"] == budget]
        for budget in (1, 2, 4)
    }
    assert len(rates[1]) > 1
    again = set(rates[1]) & set(rates[2])
    assert again
    assert min(again) >= np.median(rates[1]), "only the better half goes on"


def test_hyperband_gives_more_epochs_to_the_better_trials(search_file, drawn, tmp_path):
    changes = {
        "tune": {"tuner": "hyperband", "factor": 2},
        "space": {"train.learning_rate": {"low": 0.001, "high": 0.9}},
    }
    search = load_search(search_file, changes)
    tuner = FakeTuner(
        search, make_folds(drawn, search.tune, tmp_path), Executor(tmp_path), tmp_path / "tune"
    )
    run_search(tuner)
    budgets = [trial.budget for trial in read_trials(tmp_path / "tune")]
    assert set(budgets) == {1, 2, 4}, "up to the 4 epochs of the recipe"
    assert budgets.count(1) > budgets.count(4) / 2
    recipe = tuner._recipe({"train.learning_rate": 0.1}, 2)
    assert recipe.train.epochs == 2
    assert recipe.train.evaluate_at == (1, 2)


def test_failed_trials_are_known_to_keras_tuner(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    states = [trial.status for trial in tuner.oracle.trials.values()]
    assert sorted(states) == ["COMPLETED"] * 3 + ["FAILED"]
    best = tuner.oracle.get_best_trials(1)[0]
    assert isinstance(best.hyperparameters, kt.HyperParameters)
    assert best.hyperparameters.values["train.learning_rate"] == 0.1


@pytest.mark.parametrize("tuner", ["grid", "random", "bayesian"])
def test_a_trial_that_was_being_written_is_not_lost(tuner, tmp_path, drawn):
    """A chief may be killed after the file of a new trial and before its own."""
    path = tmp_path / "trial.toml"
    path.write_text(TEXT.format(tuner=tuner, trials=4))
    search = load_search(path)
    folds = make_folds(drawn, search.tune, tmp_path)

    def start() -> FakeTuner:
        return FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")

    first = start()
    saved = first.oracle.save

    def is_killed_at_the_third():
        if len(first.oracle.start_order) == 3:
            raise KeyboardInterrupt
        saved()

    first.oracle.save = is_killed_at_the_third
    with pytest.raises(KeyboardInterrupt):
        run_search(first)
    assert len(list((tmp_path / "tune/oracle").glob("trial_*"))) == 3
    second = start()
    run_search(second)
    assert len(second.tried) == 2
    assert len(read_trials(tmp_path / "tune")) == 4
