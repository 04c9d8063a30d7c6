"""The `ganaug` command: parses words, calls one public function, prints what it returns.

The verbs are named by import path, so that starting the command does not import TensorFlow.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import Any

from cyclopts import App
from cyclopts.exceptions import CycloptsError, UnknownOptionError, ValidationError
from pydantic import ValidationError as SettingsError

from groundwork.machine import computing_on
from groundwork.terminal import CLOSED_PIPE, Stream, printable, say, streams
from pipelines.errors import InputError, explain, renamed_option
from pipelines.short_help import ALL, USED, ShortHelp

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
    "serve": "Answer pictures on a page of this machine, and other programs.",
    "export": "Write a trained classifier as SavedModel, LiteRT or ONNX.",
    "quality": "Measure how real, how varied and how copied the samples of a bank are.",
    "report": "Write the page of a finished comparison again.",
    "recipes": "List the recipes that ship with ganaug.",
    "study list": "List the rows of the published studies: published, and last measured.",
    "study run": "Run rows of the published studies, and keep what they came to.",
    "study pages": "Write the pages of the published studies: published beside measured.",
    "models list": "List the classifiers that can be trained by name.",
    "models show": "Show a classifier layer by layer: output size, parameters, cost.",
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
    """Return the command; the verb that was asked for shows its whole docstring as its help.

    Of its options those that people use, unless `short_help.ALL` is among the words.
    """
    verb = next(iter(asked), "")
    short = ShortHelp(USED[verb]) if verb in USED and ALL not in asked else None
    app = App(
        name="ganaug",
        help="Image classification from a few dozen images per class: do flips help, does a GAN "
        "help, by how much, and can I have that classifier?",
        version=lambda: version("ganaug"),
        help_formatter=short,
        help_flags=["--help", "-h", ALL],
        help_epilogue=(
            f"These are the options that people use: {ALL} shows all.\n\n" if short else ""
        )
        + "Start with: ganaug classify --recipe demo. Every verb takes --device: cpu, gpu, or "
        "gpu:1 for one of several; without it, a GPU where there is one.",
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

    Bad input prints one line on standard error and gives 2, as does output that cannot be written.
    Where a part failed and the rest is there, a line says so and gives 1. Ctrl-C gives 130, SIGTERM
    143, a reader who has gone (`| head`) 141. Anything else that goes wrong
    is our mistake and shows its traceback.
    """
    alone = words is None  # the program itself, not a call from another one
    words = list(sys.argv[1:] if words is None else words)
    with streams() as (out, _):
        status = _run(words, alone=alone)
        return status or _written(out)


def _run(words: list[str], *, alone: bool) -> int:
    """Call the verb and print what it returns."""
    try:
        device, words = _device(words)
        with _heeding_sigterm(), computing_on(device) if device else nullcontext():
            result: Any = make_app(words)(
                words, exit_on_error=False, print_error=False, result_action="return_value"
            )
    except ValidationError as error:
        cause = error.__cause__
        return _fail(explain(cause, "settings") if isinstance(cause, SettingsError) else str(error))
    except UnknownOptionError as error:
        return _fail(renamed_option(error.token.keyword or error.token.value) or str(error))
    except (CycloptsError, InputError) as error:
        return _fail(str(error))
    except UnicodeEncodeError as error:
        return _fail(_unwritten_letters(error))
    except OSError as error:  # the world outside: a disk, a permission, a name that is too long
        return _fail(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "))
    except KeyboardInterrupt as error:
        why, code = ("ended", 143) if isinstance(error, _Ended) else ("interrupted", 130)
        say(f"\n{why}: finished tasks are kept; the same command goes on")
        if alone:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # TensorFlow would be taken apart for seconds, for nobody
        return code
    if result is not None:
        print(printable(str(result), keep="\n\t"))
    if failed := getattr(result, "failed", ""):
        say(f"ganaug: {' '.join(failed.split())}")
        return 1
    return 0


def _device(words: list[str]) -> tuple[str, list[str]]:
    """Return what `--device` says, empty without it, and the other words.

    Raises
    ------
    InputError
        Nothing follows it.
    """
    device, others, given = "", [], iter(words)
    for word in given:
        name, _, value = word.partition("=")
        if name != "--device":
            others.append(word)
        elif device := value or next(given, ""):
            continue
        else:
            raise InputError("--device: give cpu, gpu, or gpu:1 for the second one")
    return device, others


def _unwritten_letters(error: UnicodeEncodeError) -> str:
    """Say that names of files take no such letters here; the error itself if it is another one."""
    # As LC_ALL=C without PYTHONUTF8 has it: such a system takes no name of a file in é.
    names = sys.getfilesystemencoding()
    if names == "utf-8" or error.encoding != names:
        raise error
    letters = error.object[error.start : error.end]
    return (
        f"{letters!r} cannot stand in the name of a file, for this system's are {names}; set "
        "PYTHONUTF8=1 and run it again"
    )


def _written(out: Stream) -> int:
    """Return the status that says whether all of the output reached someone."""
    out.flush()
    if out.lost is None:
        return 0
    if out.reader_gone:
        return CLOSED_PIPE
    return _fail(
        f"the output cannot be written ({out.lost.strerror}); what the command made is kept: free "
        "the disk, or send the output elsewhere, and run it again"
    )


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
    say(f"ganaug: {' '.join(str(InputError(message)).split())}")
    return 2
