"""Running tasks in processes of one thread each."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Self

from groundwork.errors import UnwritableError
from pipelines import runtime
from pipelines.errors import InputError
from pipelines.tasks.base import Task
from pipelines.tasks.progress import Advance, progress
from pipelines.tasks.workers import Worker, stop

TASKS_PER_PROCESS = 25
"""TensorFlow keeps about 15 MB of every model it has built: processes are replaced in time."""
TRIES = 2
"""How often a task is begun whose process is killed."""
AGAIN = 0.5
"""Seconds until a task that another command is at is looked at again."""
SHOWN = 3
"""Reasons of failed tasks in one message."""


@dataclass(frozen=True)
class Failed:
    """A task that did not succeed.

    Attributes
    ----------
    task
        Which.
    reason
        In a line.
    """

    task: Task
    reason: str


class _Todo:
    """Tasks that are still to be begun, and those that failed."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.failed: dict[Path, str] = {}
        self._left = deque(tasks)
        self._later: deque[tuple[float, Task]] = deque()
        self._begun = Counter[Path]()

    def __bool__(self) -> bool:
        return bool(self._left or self._later)

    @property
    def patience(self) -> float | None:
        """Seconds until one may be begun that nobody here has to end first."""
        return AGAIN if self._later else None

    def now(self) -> int:
        """Return how many can be begun now."""
        while self._later and self._later[0][0] <= time.monotonic():
            self._left.append(self._later.popleft()[1])
        return len(self._left)

    def next(self) -> Task:
        """Return the next one."""
        task = self._left.popleft()
        self._begun[task.folder()] += 1
        return task

    def put_off(self, task: Task) -> None:
        """Begin a task later that another command is at."""
        self._begun[task.folder()] -= 1
        self._later.append((time.monotonic() + AGAIN, task))

    def retry(self, task: Task, reason: str) -> bool:
        """Begin a task once more, unless it was begun too often: then it failed for a reason."""
        again = self._begun[task.folder()] < TRIES
        if again:
            self._left.appendleft(task)
        else:
            self.failed[task.folder()] = reason
        return again


class Executor:
    """Runs tasks, and keeps its processes for the next ones: starting one takes seconds.

    Parameters
    ----------
    outputs
        The folder that holds the tasks' folders.
    workers
        Processes; None: one a core.

    Raises
    ------
    InputError
        If there are to be less than one.
    """

    def __init__(self, outputs: Path, workers: int | None = 1) -> None:
        self.outputs = outputs
        self.workers = runtime.cores() if workers is None else workers
        if self.workers < 1:
            raise InputError(f"workers: {workers} received; give at least 1, or leave it out")
        self._processes: list[Worker] = []

    def __enter__(self) -> Self:
        """Return itself; processes start with the first tasks."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the processes."""
        self._stop() if kind else self._dismiss(self._processes)

    def run(self, tasks: Sequence[Task], title: str = "tasks") -> list[Any]:
        """Run ``tasks`` and return their results in order, as `attempt` does.

        Raises
        ------
        InputError
            If one has failed, after the others have ended; or if nothing can be written.
        """
        found = self.attempt(tasks, title)
        if failed := [one for one in found if isinstance(one, Failed)]:
            raise InputError(in_words(failed))
        return found

    def attempt(self, tasks: Sequence[Task], title: str = "tasks") -> list[Any]:
        """Run ``tasks`` and return their results in order, a `Failed` for each that has none.

        Finished tasks are read from disk, those that another command is at when it has ended them.
        The results are the same for any number of workers. A task whose process was killed is
        begun once more.

        Parameters
        ----------
        tasks
            What to run; a task that appears twice is run once.
        title
            Stands before the progress bar.

        Raises
        ------
        InputError
            If no file can be written any more, or no process can be started.
        """
        unique = {task.folder(): task for task in tasks}
        waiting = [task for task in unique.values() if not task.is_finished(self.outputs)]
        failed: dict[Path, str] = {}
        if waiting:
            with progress(title, len(unique), waiting) as advance:
                try:
                    failed = self._run(waiting, advance)
                except BaseException:
                    self._stop()
                    raise
        return [
            Failed(task, failed[folder]) if folder in failed else task.result(self.outputs)
            for task, folder in ((task, task.folder()) for task in tasks)
        ]

    def _run(self, waiting: Sequence[Task], advance: Advance) -> dict[Path, str]:
        """Run tasks, and return why some of them failed, by their folders."""
        todo = _Todo(waiting)
        while todo or any(one.task for one in self._processes):
            for worker in self._idle(todo.now()):
                worker.give(todo.next(), self.outputs)
            busy = [one for one in self._processes if one.task]
            if busy:
                heard = wait([one.connection for one in busy], todo.patience)
                for worker in [one for one in busy if one.connection in heard]:
                    self._listen(worker, todo, advance)
            else:
                time.sleep(AGAIN)
        return todo.failed

    def _listen(self, worker: Worker, todo: "_Todo", advance: Advance) -> None:
        """Take in what a process says of its task."""
        task, said = worker.task, worker.hear()
        assert task is not None  # none is heard that has no task
        if said is not None and said.word == "ready":
            return
        if said is not None and said.word == "progress":
            advance(task, said.about)
            return
        worker.task = None
        if said is None:
            self._lost(worker)
            if not todo.retry(task, f"its process was killed {TRIES} times ({_how(worker)})"):
                advance(task, 1.0)
        elif said.word == "busy":
            todo.put_off(task)
        elif said.word == "unwritable":
            raise UnwritableError(said.about)
        else:
            if said.word != "done":
                todo.failed[task.folder()] = said.about
            advance(task, 1.0)

    def _idle(self, tasks: int) -> list[Worker]:
        """Return processes that may take a task each, at most so many; some may be new."""
        old = [one for one in self._processes if not one.task and one.taken >= TASKS_PER_PROCESS]
        self._dismiss(old if tasks else [])
        dead = [one for one in self._processes if not one.task and not one.process.is_alive()]
        self._dismiss(dead)
        idle = [one for one in self._processes if not one.task][:tasks]
        while len(idle) < tasks and len(self._processes) < self.workers:
            self._processes.append(Worker())
            idle.append(self._processes[-1])
        return idle

    def _lost(self, worker: Worker) -> None:
        """Forget a process that was killed."""
        self._processes.remove(worker)
        if not worker.ready and (worker.process.exitcode or 0) >= 0:  # it ended by itself
            raise InputError(
                "no process for tasks can be started (why stands above): a program that adds "
                "models or augmentations itself needs its calls below `if __name__ == '__main__':`"
            )

    def _dismiss(self, workers: Sequence[Worker]) -> None:
        for worker in list(workers):
            self._processes.remove(worker)
            worker.dismiss()

    def _stop(self) -> None:
        stop(self._processes)
        self._processes.clear()


def in_words(failed: Sequence[Failed]) -> str:
    """Say in one line what failed and why; tasks of the same reason are counted."""
    names: dict[str, list[str]] = {}
    for one in failed:
        names.setdefault(one.reason, []).append(one.task.name)
    said = [
        reason
        if len(failed) == 1
        else f"{own[0]}{f' and {len(own) - 1} more' * (len(own) > 1)}: {reason}"
        for reason, own in names.items()
    ]
    more = f"; and {len(said) - SHOWN} more reasons" if len(said) > SHOWN else ""
    return "; ".join(said[:SHOWN]) + more


def _how(worker: Worker) -> str:
    code = worker.process.exitcode or 0
    if code == -9:
        return "signal 9, most likely for want of memory: try fewer --workers"
    return f"signal {-code}" if code < 0 else f"exit status {code}"
