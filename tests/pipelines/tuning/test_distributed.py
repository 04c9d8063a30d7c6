"""A chief and its workers, in processes of their own; trials are formulas instead of trainings."""

import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.errors import InputError
from pipelines.tuning import distributed
from pipelines.tuning.distributed import CHIEF, LOST_AFTER, join_as
from pipelines.tuning.results import read_trials
from tests.pipelines.tuning.searchers import Searchers

SEARCH = """
[tune]
tuner = "grid"
trials = 6
[space]
"train.learning_rate" = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
"""


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def searchers(tmp_path: Path, address: str):
    (tmp_path / "search.toml").write_text(SEARCH)
    started = Searchers(tmp_path, address)
    yield started
    for process in started.processes:
        process.kill()


def ended(process, seconds: float = 120) -> int | None:
    process.join(seconds)
    return process.exitcode


@pytest.mark.slow
def test_two_workers_share_the_trials(searchers, tmp_path):
    chief, *workers = (searchers.start(CHIEF), *(searchers.start(one, 0.3) for one in ("1", "2")))
    assert [ended(worker) for worker in workers] == [0, 0]
    assert ended(chief, 60) == 0
    assert sum(map(searchers.done, ("1", "2"))) == 6
    trials = read_trials(tmp_path)
    assert sorted(trial.mean for trial in trials) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert not list((tmp_path / "alive").iterdir())


@pytest.mark.slow
def test_a_dead_worker_loses_its_trial_and_not_the_search(searchers, tmp_path):
    chief, dying = searchers.start(CHIEF), searchers.start("dying", 600)
    searchers.wait_for(tmp_path / "oracle/trial_0/trial.json")
    dying.kill()
    assert ended(searchers.start("other")) == 0
    assert searchers.done("other") == 5
    assert ended(chief, 60) == 0
    lost = [trial for trial in read_trials(tmp_path) if not trial.scores]
    assert [(trial.values, trial.error) for trial in lost] == [
        ({"train.learning_rate": 0.1}, "dying was lost")
    ]


@pytest.mark.slow
def test_workers_end_when_the_chief_dies_and_another_goes_on(searchers, tmp_path):
    # The worker waits as long as its patience twice: to tell its score, and to end its trial.
    chief, worker = searchers.start(CHIEF), searchers.start("worker", 1, patience=4)
    searchers.wait_for(tmp_path / "trials" / "0.json")
    chief.kill()
    assert ended(worker) == 0
    before = len(read_trials(tmp_path))
    assert 0 < before < 6
    chief, worker = searchers.start(CHIEF), searchers.start("worker2")
    assert ended(worker) == 0
    assert ended(chief, 60) == 0
    assert len([trial for trial in read_trials(tmp_path) if trial.scores]) == 6


@pytest.mark.parametrize("address", ["8765", "host:", "host:port"])
def test_an_address_is_host_and_port(address):
    with pytest.raises(InputError, match="--address is host:port"):
        join_as("chief", address)


@pytest.mark.parametrize(("behind", "lost"), [(1.0, []), (LOST_AFTER + 5, ["1"])])
def test_who_keeps_the_folder_says_what_time_it_is(tmp_path, behind, lost):
    """The clock of this machine is an hour off that of the machine with the folder."""
    alive = tmp_path / "alive"
    alive.mkdir()
    there = time.time() - 3600
    for name, moment in ((CHIEF, there), ("1", there - behind)):
        (alive / name).touch()
        os.utime(alive / name, (moment, moment))
    ended: list[Any] = []
    trial = SimpleNamespace(trial_id="0", status=None, message="")
    oracle = SimpleNamespace(
        tuner_ids={"1"}, ongoing_trials={"1": trial}, end_trial=lambda one: ended.append("1")
    )
    tuner = SimpleNamespace(oracle=oracle, folder=tmp_path, record=lambda *_, error: None)
    distributed._drop_the_lost(cast(Any, tuner))
    assert ended == lost
    assert oracle.tuner_ids == {"1"} - set(lost)
    assert (alive / "1").exists() != bool(lost)
