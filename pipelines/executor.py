"""Running tasks: in this process, or in a pool of single-threaded processes."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipelines.errors import InputError
from pipelines.tasks import Task

TASKS_PER_PROCESS = 25
"""TensorFlow keeps about 15 MB of every model it has built: processes are replaced in time."""


def run_tasks(
    tasks: Sequence[Task], outputs: Path, *, workers: int = 1, title: str = "tasks"
) -> list[Any]:
    """Run ``tasks`` and return their results in order.

    Finished tasks are read from disk. The results are the same for any number of workers.

    Parameters
    ----------
    tasks
        What to run; a task that appears twice is run once.
    outputs
        The folder that holds the tasks' folders.
    workers
        Processes; 1 runs everything in this one.
    title
        Stands before the progress bar.

    Raises
    ------
    InputError
        If a task's settings turn out not to fit its images, or its process was killed.
    """
    unique = {task.folder(): task for task in tasks}
    waiting = [task for task in unique.values() if task.result(outputs) is None]
    with _progress_bar(title, unique.values(), waiting) as advance:
        if workers == 1 or len(waiting) <= 1:
            _run_here(waiting, outputs, advance)
        else:
            _run_in_pool(waiting, outputs, min(workers, len(waiting)), advance)
    return [task.result(outputs) for task in tasks]


def _run_here(tasks: Sequence[Task], outputs: Path, advance: "Advance") -> None:
    for task in tasks:

        def report(done: int, total: int, task: Task = task) -> None:
            advance(task, done / total)

        task.run(outputs, task.folder(), report)
        advance(task, 1.0)


def _run_in_pool(tasks: Sequence[Task], outputs: Path, workers: int, advance: "Advance") -> None:
    spawn = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    reports: Queue[tuple[int, float] | None] = spawn.Queue()
    listener = threading.Thread(target=_listen, args=(reports, tasks, advance), daemon=True)
    listener.start()
    pool = ProcessPoolExecutor(
        workers,
        mp_context=spawn,
        initializer=_start_worker,
        initargs=(reports,),
        max_tasks_per_child=TASKS_PER_PROCESS,
    )
    try:
        futures: dict[Future[None], Task] = {
            pool.submit(_work, task, index, outputs, task.folder()): task
            for index, task in enumerate(tasks)
        }
        for future in as_completed(futures):
            future.result()
            advance(futures[future], 1.0)
    except BrokenProcessPool as error:
        raise InputError(
            "a worker process was killed, most likely for want of memory; finished tasks are "
            "kept: run the command again, with fewer --workers"
        ) from error
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.terminate()  # checkpoints and results are whole at any moment
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        reports.put(None)
        listener.join(timeout=5)


_reports: "Queue[tuple[int, float] | None]"


def _start_worker(reports: "Queue[tuple[int, float] | None]") -> None:
    global _reports
    _reports = reports
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer


def _work(task: Task, index: int, outputs: Path, folder: Path) -> None:
    task.run(outputs, folder, lambda done, total: _reports.put((index, done / total)))


def _listen(
    reports: "Queue[tuple[int, float] | None]", tasks: Sequence[Task], advance: "Advance"
) -> None:
    while (report := reports.get()) is not None:
        index, share = report
        advance(tasks[index], share)


Advance = Callable[[Task, float], None]
"""Called with a task and the share of it that is done, 0..1."""


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
    shares = {task.folder(): 0.0 for task in waiting}
    done = len(tasks) - len(waiting)
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        row = bar.add_task(title, total=len(tasks), completed=done, now="")

        def advance(task: Task, share: float) -> None:
            shares[task.folder()] = max(share, shares[task.folder()])
            now = "" if share >= 1 else f"{task.name} {share:.0%}"
            bar.update(row, completed=done + sum(shares.values()), now=now)

        yield advance
