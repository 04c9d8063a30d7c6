"""How far tasks are: a bar on a terminal, a line now and then in a file of what was said."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groundwork.terminal import duration, say, screen
from pipelines.tasks.base import Task

Advance = Callable[[Task, float], None]
"""Called with a task and the fraction of it that is done, 0..1."""
EVERY = 60.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def progress(title: str, total: int, waiting: Sequence[Task]) -> Iterator[Advance]:
    """Show how many tasks are done and how long the rest will take, on standard error.

    Parameters
    ----------
    title
        Stands before it.
    total
        Tasks, finished ones included.
    waiting
        Those that are not finished.
    """
    console = screen()
    shown = _bar(title, total, console) if console.is_terminal else _lines(title, total)
    fractions = {task.folder(): 0.0 for task in waiting}
    with shown as show:

        def advance(task: Task, fraction: float) -> None:
            fractions[task.folder()] = max(fraction, fractions[task.folder()])
            show(fractions, "" if fraction >= 1 else f"{task.name} {fraction:.0%}")

        show(fractions, "")
        yield advance


Show = Callable[[dict[Path, float], str], None]
"""Called with the fraction that is done of every task, and what is at work now."""


@contextmanager
def _bar(title: str, total: int, console: Console) -> Iterator[Show]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[now]}"),
    )
    with Progress(*columns, console=console, transient=False) as bar:
        row = bar.add_task(title, total=total, now="")

        def show(fractions: dict[Path, float], now: str) -> None:
            done = total - len(fractions) + sum(fractions.values())
            bar.update(row, completed=done, now=now)

        yield show


@contextmanager
def _lines(title: str, total: int) -> Iterator[Show]:
    """Say it in lines: once in a while, and at the end."""
    started = last = time.monotonic()
    finished = total

    def show(fractions: dict[Path, float], now: str) -> None:
        nonlocal last, finished
        finished = total - sum(one < 1 for one in fractions.values())
        if (moment := time.monotonic()) - last < EVERY:
            return
        last, done = moment, sum(fractions.values())
        left = (moment - started) * (len(fractions) - done) / done if done else None
        words = "" if left is None else f", about {duration(left)} left"
        say(f"{title}: {finished} of {total}{words}{f' ({now})' if now else ''}")

    try:
        yield show
    finally:
        say(f"{title}: {finished} of {total} finished after {duration(time.monotonic() - started)}")
