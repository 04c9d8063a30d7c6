"""The trials of equal and of different arms, in miniature."""

import json

import numpy as np
import pytest

from bench import statistics
from pipelines.data.images import Images
from pipelines.data.overlap import overlap_of
from pipelines.data.sources import load_source


@pytest.fixture(scope="module")
def digits() -> Images:
    return load_source("mnist5k").train.read()


@pytest.mark.parametrize(
    ("protocol", "train", "test", "train_shared", "correlation"),
    [
        ("overlapping", 80, 40, 2 / 3, 1 / 3),
        ("folds", 96, 24, 0.76, 0.2),
        ("disjoint", 66, 34, 0.0, 0.0),
    ],
)
def test_instances_share_what_their_protocol_says(
    digits, protocol, train, test, train_shared, correlation
):
    cell = statistics.Cell("mnist5k", protocol, 2)
    trial = statistics.run_trial(digits, cell, np.random.default_rng(0))
    shared = overlap_of(trial.instances)
    assert (shared.instances, shared.train_images, shared.test_images) == (10, train, test)
    assert shared.train == pytest.approx(train_shared, abs=0.03)
    assert shared.correlation == pytest.approx(correlation, abs=0.01)
    assert [own.shape for own in trial.right] == [(2, test)] * 10


def test_arms_of_one_trial_are_no_copies_and_learn_something(digits):
    cell = statistics.Cell("mnist5k", "overlapping", 5)
    right = np.concatenate(
        statistics.run_trial(digits, cell, np.random.default_rng(1)).right, axis=1
    )
    assert len(np.unique(right, axis=0)) == 5
    assert right.mean() > 0.7


def test_a_claim_is_one_against_the_first_arm():
    rng = np.random.default_rng(0)
    equal = 0.8 + rng.normal(0, 0.01, (2, 10))
    assert statistics.claims(equal, 0.0) == {"unclear"}
    assert statistics.claims(equal + np.array([[0.0], [0.1]]), 0.0) == {"better"}


@pytest.mark.slow
def test_the_last_line_is_json_and_what_is_not_there_is_left_out(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GANAUG_DATA_DIR", raising=False)
    monkeypatch.setattr(statistics, "ARMS", (2,))
    statistics.main(["mnist5k", "nowhere", "--data-dir", str(tmp_path), "--trials", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("nowhere is left out: ")
    assert set(json.loads(lines[-1])) == {
        "false_claims_overlapping",
        "false_claims_folds",
        "false_claims_disjoint",
        "power_3_points",
        "false_claims_uncorrected",
    }
    assert sum(line.startswith("mnist5k ") for line in lines) == 3
    repeated = statistics.measured(15, 600)
    assert repeated.split() == ["2.5", "(", "1.4", "…", "4.1)"]
