"""Running tasks: in this process, or in a pool of single-threaded processes."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.queues import Queue
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Self, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from classifiers.models.registry import added_models
from pipelines import runtime
from pipelines.augment.registry import added_augmentations
from pipelines.errors import InputError
from pipelines.tasks.base import Task

Reports: TypeAlias = "Queue[tuple[Path, float] | None]"
TASKS_PER_PROCESS = 25
"""TensorFlow keeps about 15 MB of every model it has built: processes are replaced in time, all at
once. Python's own way, `max_tasks_per_child`, can leave a pool without processes, waiting for ever
(cpython issue 115634)."""


class Executor:
    """Runs tasks, and keeps its processes for the next ones: starting one takes seconds.

    Parameters
    ----------
    outputs
        The folder that holds the tasks' folders.
    workers
        Processes; 1 runs everything in this one; None: one a core.

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
        self._pool: ProcessPoolExecutor | None = None
        self._spawn = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
        self._reports: Reports | None = None
        self._taken = 0

    def __enter__(self) -> Self:
        """Return itself; processes start with the first tasks."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._close()

    def run(self, tasks: Sequence[Task], title: str = "tasks") -> list[Any]:
        """Run ``tasks`` and return their results in order.

        Finished tasks are read from disk. The results are the same for any number of workers.

        Parameters
        ----------
        tasks
            What to run; a task that appears twice is run once.
        title
            Stands before the progress bar.

        Raises
        ------
        InputError
            If a task's settings turn out not to fit its images, or its process was killed.
        """
        unique = {task.folder(): task for task in tasks}
        waiting = [task for task in unique.values() if task.result(self.outputs) is None]
        with _progress_bar(title, unique.values(), waiting) as advance:
            if self.workers == 1 or (len(waiting) <= 1 and self._pool is None):
                self._run_here(waiting, advance)
            else:
                for start in range(0, len(waiting), TASKS_PER_PROCESS * self.workers):
                    some = waiting[start : start + TASKS_PER_PROCESS * self.workers]
                    self._run_in_pool(some, advance)
        return [task.result(self.outputs) for task in tasks]

    def _run_here(self, tasks: Sequence[Task], advance: "Advance") -> None:
        for task in tasks:

            def report(done: int, total: int, task: Task = task) -> None:
                advance(task, done / total)

            task.run(self.outputs, task.folder(), report)
            advance(task, 1.0)

    def _run_in_pool(self, tasks: Sequence[Task], advance: "Advance") -> None:
        pool, reports = self._open(len(tasks))
        listener = threading.Thread(target=_listen, args=(reports, tasks, advance), daemon=True)
        listener.start()
        try:
            futures: dict[Future[None], Task] = {
                pool.submit(_work, task, self.outputs, task.folder()): task for task in tasks
            }
            for future in as_completed(futures):
                future.result()
                advance(futures[future], 1.0)
        except BrokenProcessPool as error:
            self._close()
            raise InputError(
                "a worker process was killed, most likely for want of memory; finished tasks are "
                "kept: run the command again, with fewer --workers"
            ) from error
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                process.terminate()  # checkpoints and results are whole at any moment
            raise
        except BaseException:
            self._close()  # and with it the tasks that have not begun
            raise
        finally:
            reports.put(None)
            listener.join(timeout=5)

    def _open(self, tasks: int) -> tuple[ProcessPoolExecutor, Reports]:
        """Return processes that may take so many tasks more."""
        self._taken += tasks
        if self._taken > TASKS_PER_PROCESS * self.workers:
            self._close()
            self._taken = tasks
        if self._pool is None or self._reports is None:
            self._reports = self._spawn.Queue()
            # A process that is killed while it reports keeps the queue's lock: wait for nobody.
            self._reports.cancel_join_thread()
            self._pool = ProcessPoolExecutor(
                self.workers,
                mp_context=self._spawn,
                initializer=_start_worker,
                initargs=(self._reports, _users_modules()),
            )
        return self._pool, self._reports

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


_reports: Reports


def _users_modules() -> list[str]:
    """Return the modules that registered models and augmentations which are not ours.

    Python itself imports the program that was started again in each worker, but not what a notebook
    has imported.
    """
    added = [*added_models().values(), *added_augmentations().values()]
    return sorted({one.__module__ for one in added} - {"__main__"})


def _start_worker(reports: Reports, modules: Sequence[str]) -> None:
    global _reports
    for module in modules:
        with suppress(ImportError):  # what it registered is then unknown, and said so where named
            import_module(module)
    _reports = reports
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    Finalize(None, _end_at_once, exitpriority=-100)  # last of all, after reports are sent


def _end_at_once() -> None:
    """End this process; TensorFlow would be taken apart for two seconds, for nobody."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _end_with_parent() -> None:
    """End this process when its parent was killed: nobody would ever ask it to."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: Task, outputs: Path, folder: Path) -> None:
    task.run(outputs, folder, lambda done, total: _reports.put((folder, done / total)))


def _listen(reports: Reports, tasks: Sequence[Task], advance: "Advance") -> None:
    ours = {task.folder(): task for task in tasks}
    while (report := reports.get()) is not None:
        folder, fraction = report
        if folder in ours:  # not a late one of earlier tasks
            advance(ours[folder], fraction)


Advance = Callable[[Task, float], None]
"""Called with a task and the fraction of it that is done, 0..1."""


@contextmanager
def _progress_bar(title: str, tasks: Any, waiting: Sequence[Task]) -> Iterator[Advance]:
    """Show how many tasks are done and how long the rest will take, on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[now]}"),
    )
    fractions = {task.folder(): 0.0 for task in waiting}
    done = len(tasks) - len(waiting)
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        row = bar.add_task(title, total=len(tasks), completed=done, now="")

        def advance(task: Task, fraction: float) -> None:
            fractions[task.folder()] = max(fraction, fractions[task.folder()])
            now = "" if fraction >= 1 else f"{task.name} {fraction:.0%}"
            bar.update(row, completed=done + sum(fractions.values()), now=now)

        yield advance
