"""Processes that run tasks, one task at a time: the parent's side of one, and the process itself.

No task ever runs in the process of a caller. TensorFlow may have been started there, by a data set
or in a notebook, with threads that cannot be changed any more; what a task computes would depend
on it, and so would how much memory is left when a thousand tasks have run.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from classifiers.models.registry import added_models
from groundwork.errors import UnwritableError
from groundwork.terminal import say
from pipelines import runtime
from pipelines.augment.registry import added_augmentations
from pipelines.errors import InputError
from pipelines.tasks.base import Task

Word = Literal["ready", "progress", "done", "busy", "failed", "broken", "unwritable"]
GRACE = 0.5
"""Seconds that a process has to tidy up when it is to end: one that computes does not listen."""

_PROGRAM = "__main__"


class Said(NamedTuple):
    """What a process says.

    Attributes
    ----------
    word
        `ready`: it has started. Of its task, `progress`; `done`; `busy`: somebody else is at it;
        `failed`, by its settings; `broken`, by a mistake of ours; `unwritable`: no file can be
        written.
    about
        The fraction that is done, or the reason in a line.
    """

    word: Word
    about: Any = None


class Worker:
    """A process, and the task that it is at.

    Attributes
    ----------
    task
        None while it waits for one.
    taken
        Tasks that it was given so far.
    ready
        Whether it has come so far as to take tasks.
    """

    def __init__(self) -> None:
        spawn = get_context("spawn")  # TensorFlow does not survive a fork
        self.connection, theirs = spawn.Pipe()
        arguments = (theirs, _users_modules())
        # Its parent is asked to end it, and is asked once.
        self.process = spawn.Process(target=_serve, args=arguments, daemon=True)
        with _deaf_to_ctrl_c(), _program_left_out(), runtime.one_thread():
            self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.taken = 0
        self.ready = False

    def give(self, task: Task, outputs: Path) -> None:
        """Give it a task; one that has ended is found out by what it says, which is nothing."""
        self.task, self.taken = task, self.taken + 1
        with suppress(OSError):
            self.connection.send((task, outputs, task.folder()))

    def hear(self) -> Said | None:
        """Return what it says, waiting for it; None if it has ended."""
        try:
            said: Said = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            return None
        self.ready = True
        return said

    def dismiss(self) -> None:
        """Let it end, now that it has nothing to do."""
        self.connection.close()
        self.process.join()


@contextmanager
def fresh_process(target: Callable[..., None], *arguments: object) -> Iterator[BaseProcess]:
    """Start a process that knows what the user has registered, and nothing else of this one.

    Parameters
    ----------
    target
        What it does, then it ends; one that goes on beyond the block is ended.
    *arguments
        Of ``target``.
    """
    process = get_context("spawn").Process(
        target=_know_and_do, args=(_users_modules(), target, arguments), daemon=True
    )
    with _deaf_to_ctrl_c(), _program_left_out():
        process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def stop(workers: Sequence[Worker]) -> None:
    """End processes in the midst of their tasks: what is on the disk is whole at any moment."""
    for worker in workers:
        worker.process.terminate()
    until = time.monotonic() + GRACE
    for worker in workers:
        worker.process.join(max(0.0, until - time.monotonic()))
        worker.process.kill()
        worker.process.join()
        worker.connection.close()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let what is started here hear nothing of Ctrl-C, which is the parent's to answer."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _program_left_out() -> Iterator[None]:
    """Let what is started here not import the program that was started, unless it has to.

    Python would import it again in each process, where a script that calls us outside of
    ``if __name__ == "__main__":`` would begin all over. It has to where the program itself
    registered a model or an augmentation.
    """
    program = sys.modules[_PROGRAM]
    if _PROGRAM not in _registering():
        sys.modules[_PROGRAM] = ModuleType(_PROGRAM)
    try:
        yield
    finally:
        sys.modules[_PROGRAM] = program


def _users_modules() -> list[str]:
    """Return the modules that registered something, the program that was started apart."""
    return sorted(_registering() - {_PROGRAM})


def _registering() -> set[str]:
    """Return the modules that registered models and augmentations which are not ours."""
    added = [*added_models().values(), *added_augmentations().values()]
    return {one.__module__ for one in added}


def _serve(connection: Connection, modules: Sequence[str]) -> None:
    """Run tasks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _know(modules)
    try:
        connection.send(Said("ready"))
        while True:
            task, outputs, folder = connection.recv()
            connection.send(_outcome(task, outputs, folder, connection))
    except (EOFError, OSError):
        pass  # nobody is there any more
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # TensorFlow would be taken apart for two seconds, for nobody


def _know_and_do(modules: Sequence[str], target: Callable[..., None], arguments: Any) -> None:
    _know(modules)
    target(*arguments)


def _know(modules: Sequence[str]) -> None:
    """Import the user's modules."""
    for module in modules:
        with suppress(ImportError):  # what it registered is then unknown, and said so where named
            import_module(module)


def _outcome(task: Task, outputs: Path, folder: Path, connection: Connection) -> Said:
    def progress(done: int, total: int) -> None:
        connection.send(Said("progress", done / total))

    try:
        return Said("done" if task.run(outputs, folder, progress) else "busy")
    except UnwritableError as error:
        return Said("unwritable", str(error))
    except InputError as error:
        return Said("failed", str(error))
    except Exception as error:
        say(f"{task.name}: a mistake of ganaug's own")
        traceback.print_exc()
        reason = traceback.format_exception_only(error)[-1].strip().partition("\n")[0]
        return Said("broken", reason)


def _leave(*_: object) -> None:
    """Tidy up and end; once is enough."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(1)


def _end_with_parent() -> None:
    """End this process when its parent was killed: nobody would ever ask it to."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
