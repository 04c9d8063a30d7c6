"""A chief or a worker in a process of its own; trials are a formula instead of trainings."""

import time
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from pipelines.recipes.search import load_search
from pipelines.tasks.executor import Executor
from pipelines.tuning import distributed
from pipelines.tuning.tuner import FoldTuner
from tests.forks import FORKS


class Formula(FoldTuner):
    """Scores a setting by its learning rate, after a pause."""

    pause = 0.0

    def _score(self, values):
        time.sleep(self.pause)
        return [values["train.learning_rate"]]


def search_as(role: str, address: str, folder: Path, pause: float, patience: float) -> None:
    distributed.BEAT, distributed.LOST_AFTER, distributed.PATIENCE = 0.1, 3.0, patience
    distributed.join_as(role, address)
    tuner = Formula(load_search(folder / "search.toml"), [], Executor(folder), folder)
    tuner.pause = pause
    if role == distributed.CHIEF:
        distributed.run_chief(tuner, address)
    else:
        done = distributed.run_worker(tuner, role)
        (folder / f"{role}.done").write_text(str(done))


@dataclass
class Searchers:
    """Those of one search, in one folder and at one address."""

    folder: Path
    address: str
    processes: list[BaseProcess] = field(default_factory=list)

    def start(self, role: str, pause: float = 0, patience: float = 40) -> BaseProcess:
        """Start a chief, and wait until it answers; or a worker."""
        alive = self.folder / "alive" / role
        alive.unlink(missing_ok=True)  # of one that was killed
        words = (role, self.address, self.folder, pause, patience)
        process = FORKS.Process(target=search_as, args=words, daemon=True)
        process.start()
        self.processes.append(process)
        if role == distributed.CHIEF:
            self.wait_for(alive)
        return process

    def wait_for(self, path: Path, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not path.exists():
            assert time.monotonic() < deadline, path
            time.sleep(0.02)

    def done(self, role: str) -> int:
        """The number of trials that a worker says it has done."""
        return int((self.folder / f"{role}.done").read_text())
