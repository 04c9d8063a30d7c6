"""Searches: scored by folds, and resumed."""

import json

import numpy as np
import pytest

from classifiers.training.starts import Start
from pipelines.comparison.results import TrainRun
from pipelines.errors import InputError
from pipelines.recipes.search import load_search
from pipelines.tasks.executor import Executor
from pipelines.tuning import tuner
from pipelines.tuning.folds import make_folds
from pipelines.tuning.results import read_trials
from pipelines.tuning.tuner import FoldTuner, run_search
from tests.made_comparison import make_comparison
from tests.pipelines.tuning.fake import FakeTuner


def test_a_search_goes_on_where_it_was_stopped(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    first = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    scored = first._score

    def stops_at_the_third(values):
        if len(getattr(first, "tried", [])) == 2:
            raise KeyboardInterrupt
        return scored(values)

    first._score = stops_at_the_third
    with pytest.raises(KeyboardInterrupt):
        run_search(first)
    assert len(read_trials(tmp_path / "tune")) == 2
    second = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(second)
    trials = read_trials(tmp_path / "tune")
    assert len(second.tried) == 2, "the two that were done are not tried again"
    settings = {tuple(trial.values.values()) for trial in trials}
    assert settings == {(0.1, ""), (0.1, "flip"), (0.01, ""), (0.01, "flip")}
    assert [trial.error for trial in trials if not trial.scores] == ["the loss is not a number"]


def test_three_mistakes_of_ours_in_a_row_end_the_search(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    tuner._score = lambda values: {}["ours"]
    with pytest.raises(InputError, match=r"3 trials in a row .* KeyError: 'ours'"):
        run_search(tuner)
    assert len(read_trials(tmp_path / "tune")) == 3


def test_trainings_that_never_learned_are_counted(search_file, drawn, tmp_path, monkeypatch):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    result = make_comparison(None, instances=1, pictures=False).trainings[0].result
    starts = [Start(failed=1, attempts=4), *[Start()] * (len(folds) - 1)]
    runs = [
        TrainRun(
            instance=number,
            arm="trial",
            folder=tmp_path,
            result=result.model_copy(update={"start": start}),
        )
        for number, start in enumerate(starts)
    ]
    monkeypatch.setattr(tuner, "train_arms", lambda *_: runs)
    run_search(FoldTuner(search, folds, Executor(tmp_path), tmp_path / "tune"))
    trials = read_trials(tmp_path / "tune")
    assert {(trial.never_learned, trial.trained) for trial in trials} == {(1, len(folds))}


def test_memory_that_ran_out_is_no_mistake_of_ours(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")

    def out_of_memory(values):
        raise MemoryError

    tuner._score = out_of_memory
    run_search(tuner)
    assert [trial.error for trial in read_trials(tmp_path / "tune")] == ["out of memory"] * 4


def test_a_trial_says_how_much_its_folds_depend_on_each_other(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn[:1], search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    # Three folds of one instance: each image is left out by one and trained on by the others.
    assert tuner._correlation(3) == pytest.approx(1 / 3)
    run_search(tuner)
    for trial in read_trials(tmp_path / "tune"):
        assert trial.correlation == (tuner._correlation(2) if trial.scores else 0)


@pytest.mark.slow
def test_a_real_trial_trains_every_fold(search_file, drawn, tmp_path):
    changes = {"tune": {"tuner": "random", "trials": 1}, "train": {"batch": 8}}
    search = load_search(search_file, changes)
    folds = make_folds(drawn[:1], search.tune, tmp_path)
    tuner = FoldTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    (trial,) = read_trials(tmp_path / "tune")
    assert len(trial.scores) == 3
    folders = sorted((tmp_path / "train").iterdir())
    results = [json.loads((f / "result.json").read_text())["accuracy_at"] for f in folders]
    assert all(sorted(accuracies) == ["3", "4"] for accuracies in results)
    means = sorted(np.mean(list(accuracies.values())) for accuracies in results)
    np.testing.assert_allclose(sorted(trial.scores), means)
