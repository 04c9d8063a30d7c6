"""A chief and its workers, in processes of their own; trials are formulas instead of trainings."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.tuning.distributed import join_as
from pipelines.tuning.results import read_trials

SEARCH = """
[tune]
tuner = "grid"
trials = 6
[space]
"train.learning_rate" = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
"""
SCRIPT = """
import sys, time
from pathlib import Path
from pipelines.tasks.executor import Executor
from pipelines.tuning import distributed
from pipelines.recipes.search import load_search
from pipelines.tuning.tuner import FoldTuner

role, address, folder, pause = sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])
distributed.BEAT, distributed.LOST_AFTER, distributed.PATIENCE = 0.2, 6.0, 40.0

class Formula(FoldTuner):
    def _score(self, values):
        time.sleep(pause)
        return [values["train.learning_rate"]]

distributed.join_as(role, address)
tuner = Formula(load_search(folder / "search.toml"), [], Executor(folder), folder)
if role == "chief":
    distributed.run_chief(tuner, address)
else:
    print(distributed.run_worker(tuner, role))
"""


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def start(tmp_path: Path, address: str):
    (tmp_path / "search.toml").write_text(SEARCH)
    started = []

    def start(role: str, pause: float = 0) -> subprocess.Popen:
        words = [sys.executable, "-c", SCRIPT, role, address, str(tmp_path), str(pause)]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def test_two_workers_share_the_trials(start, tmp_path):
    chief, *workers = start("chief"), start("one", 0.3), start("two", 0.3)
    done = [int(worker.communicate(timeout=120)[0].splitlines()[-1]) for worker in workers]
    assert chief.wait(timeout=60) == 0
    assert sum(done) == 6
    trials = read_trials(tmp_path)
    assert sorted(trial.mean for trial in trials) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert not list((tmp_path / "alive").iterdir())


def test_a_dead_worker_loses_its_trial_and_not_the_search(start, tmp_path):
    chief, dying = start("chief"), start("dying", 600)
    deadline = time.monotonic() + 60
    while not (tmp_path / "oracle/trial_0/trial.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    dying.kill()
    other = start("other")
    assert other.communicate(timeout=120)[0].splitlines()[-1] == "5"
    assert chief.wait(timeout=60) == 0
    lost = [trial for trial in read_trials(tmp_path) if not trial.scores]
    assert [(trial.values, trial.error) for trial in lost] == [
        ({"train.learning_rate": 0.1}, "dying was lost")
    ]


def test_workers_end_when_the_chief_dies_and_another_goes_on(start, tmp_path):
    chief, worker = start("chief"), start("worker", 1)
    while not read_trials(tmp_path):
        time.sleep(0.1)
    chief.kill()
    assert worker.wait(timeout=150) == 0
    before = len(read_trials(tmp_path))
    assert 0 < before < 6
    chief, worker = start("chief"), start("worker2")
    assert worker.wait(timeout=150) == 0
    assert chief.wait(timeout=60) == 0
    assert len([trial for trial in read_trials(tmp_path) if trial.scores]) == 6


@pytest.mark.parametrize("address", ["8765", "host:", "host:port"])
def test_an_address_is_host_and_port(address):
    with pytest.raises(InputError, match="--address is host:port"):
        join_as("chief", address)
