"""The `ganaug` command: parses words, calls one public function, prints what it returns.

The verbs are named by import path, so that starting the command does not import TensorFlow.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from cyclopts import App
from cyclopts.exceptions import CycloptsError, UnknownOptionError, ValidationError
from pydantic import ValidationError as SettingsError

from pipelines.errors import InputError, explain, renamed_option

VERBS = {
    "data": "Describe a data set and show what an instance would draw.",
    "gan": "Train one DCGAN a class and gather the generators in a bank.",
    "sample": "Draw new images from a bank.",
    "compare": "Find what to do with a folder of images, in a time, and get the classifier.",
    "classify": "Compare classifiers with and without synthetic images.",
    "tune": "Search for better settings of a classifier or a generator.",
    "list": "List what was run, and what came out.",
    "predict": "Classify image files with a trained classifier.",
    "explain": "Draw what a trained classifier gets right, its worst mistakes and what it saw.",
    "ensemble": "Let trained classifiers vote.",
    "export": "Write a trained classifier as SavedModel, LiteRT or ONNX.",
    "quality": "Measure how real, how varied and how copied the samples of a bank are.",
    "report": "Write the page of a finished comparison again.",
    "recipes": "List the recipes that ship with ganaug.",
    "study list": "List the rows of the published studies: published, and last measured.",
    "study run": "Run rows of the published studies, and keep what they came to.",
    "models list": "List the classifiers that can be trained by name.",
    "augment preview": "Draw what every augmentation does to the same images.",
}
NAMED = {"list": "runs"}
"""Verbs whose function is called otherwise: the name stands for something else in Python."""
GROUPS = {
    "study": "The published studies, row by row.",
    "models": "Classifiers that can be trained.",
    "augment": "Augmentations.",
}


def make_app(asked: Sequence[str] = ()) -> App:
    """Return the command; the verb that was asked for shows its whole docstring as its help."""
    app = App(
        name="ganaug",
        help="Image classification from a few dozen images per class: do flips help, does a GAN "
        "help, by how much, and can I have that classifier?",
        version=lambda: version("ganaug"),
        help_epilogue="Start with: ganaug classify --recipe demo",
        suppress_keyboard_interrupt=False,  # it is answered here, with what is kept
    )
    groups = {"": app} | {name: App(name=name, help=line) for name, line in GROUPS.items()}
    for verb, line in VERBS.items():
        words = verb.split()
        group, name = " ".join(words[:-1]), words[-1]
        function = NAMED.get(verb, "_".join(words))
        groups[group].command(
            f"pipelines.verbs.{NAMED.get(verb, words[0])}:{function}",
            name=name,
            help=None if list(asked[: len(words)]) == words else line,
        )
    for name in GROUPS:
        app.command(groups[name])
    return app


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Bad input prints one line on standard error and gives 2. Where a part failed and the rest is
    there, a line says so and gives 1. Ctrl-C gives 130, SIGTERM 143; anything else that goes wrong
    is our mistake and shows its traceback.
    """
    alone = words is None  # the program itself, not a call from another one
    words = list(sys.argv[1:] if words is None else words)
    app = make_app(words)
    try:
        with _heeding_sigterm():
            result: Any = app(
                words, exit_on_error=False, print_error=False, result_action="return_value"
            )
    except ValidationError as error:
        cause = error.__cause__
        return _fail(explain(cause, "settings") if isinstance(cause, SettingsError) else str(error))
    except UnknownOptionError as error:
        return _fail(renamed_option(error.token.keyword or error.token.value) or str(error))
    except (CycloptsError, InputError) as error:
        return _fail(str(error))
    except OSError as error:  # the world outside: a disk, a permission, a name that is too long
        return _fail(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "))
    except KeyboardInterrupt as error:
        why, code = ("ended", 143) if isinstance(error, _Ended) else ("interrupted", 130)
        print(f"\n{why}: finished tasks are kept; the same command goes on", file=sys.stderr)
        if alone:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # TensorFlow would be taken apart for seconds, for nobody
        return code
    if result is not None:
        print(result)
    if failed := getattr(result, "failed", ""):
        print(f"ganaug: {' '.join(failed.split())}", file=sys.stderr)
        return 1
    return 0


class _Ended(KeyboardInterrupt):
    """Somebody has asked this process to end, by SIGTERM."""


@contextmanager
def _heeding_sigterm() -> Iterator[None]:
    """Answer SIGTERM as Ctrl-C is answered, where that can be set."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise _Ended

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _fail(message: str) -> int:
    print(f"ganaug: {' '.join(str(InputError(message)).split())}", file=sys.stderr)
    return 2
