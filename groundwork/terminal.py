"""What a command says: on any terminal, into a pipe that was closed, to a disk that is full.

A terminal may know Latin letters only, names may hold bytes that are no text or signs that move its
cursor, and whoever reads the output may stop in the middle, as `head` does. None of that may end
work in its middle or show a traceback: what cannot be shown is spelled out, and what cannot be
written is let go of, noted, and told by the exit status.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast
from unicodedata import category

from groundwork.system import reader_gone

if TYPE_CHECKING:
    from rich.console import Console

CLOSED_PIPE = 141
"""Exit status of a command whose reader has gone: that of the programs that SIGPIPE ends."""
_MOVES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that make a terminal show text in another order than it stands in."""
_SPELLED = frozenset(("Cc", "Cs", "Zl", "Zp"))
"""Kinds of characters that are no text: control characters, halves of characters, line ends."""


def printable(text: str, keep: str = "") -> str:
    r"""Return text with all that is no text spelled out: escape sequences, line ends, raw bytes.

    Parameters
    ----------
    text
        Any text, halves of characters included.
    keep
        Characters that stay as they are.

    Examples
    --------
    >>> print(printable("two\nlines, \x1b[31mred"))
    two\nlines, \x1b[31mred
    >>> printable("two\nlines", keep="\n")
    'two\nlines'
    """
    if text.isprintable():  # nearly always
        return text
    return "".join(
        repr(one)[1:-1] if one not in keep and (category(one) in _SPELLED or one in _MOVES) else one
        for one in text
    )


def say(words: str) -> None:
    """Write a line, or several, to standard error."""
    print(printable(words, keep="\n\t"), file=sys.stderr, flush=True)


def screen() -> "Console":
    """Return standard error, for what moves there.

    A notebook is none: rich would draw widgets in it, and print nothing without their package.
    """
    from rich.console import Console  # only now: what says nothing need not wait for it

    return Console(stderr=True, force_jupyter=False)


def duration(seconds: float) -> str:
    """Return a rough time for people.

    Examples
    --------
    >>> duration(48.2), duration(390), duration(9000)
    ('48 s', '6.5 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Stream:
    """A stream of text that never raises for want of a reader, of room or of letters.

    Everything else is asked of the stream that it stands before.

    Parameters
    ----------
    stream
        Such as `sys.stdout`; None, as Python has it where the descriptor was closed: what is
        written is lost, and nobody wants to know.

    Attributes
    ----------
    lost
        Why what was written since is lost; None while all is well.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        self.lost: OSError | None = None
        reconfigure = getattr(self.stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write text, or let go of it; return its length."""
        with self._careful():
            self.stream.write(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write lines, or let go of them."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Hand over what was written, or let go of it."""
        with self._careful():
            self.stream.flush()

    @property
    def reader_gone(self) -> bool:
        """Whether the other end of a pipe was closed."""
        return self.lost is not None and reader_gone(self.lost)

    @contextmanager
    def _careful(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.lost = self.lost or error
            self._let_go()

    def _let_go(self) -> None:
        """Lead the descriptor nowhere: Python writes what is left in its buffer when it ends."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)
            self.stream.flush()


@contextmanager
def streams() -> Iterator[tuple[Stream, Stream]]:
    """Put a `Stream` before standard output and standard error, for as long as the block lasts."""
    open_descriptors()
    before = sys.stdout, sys.stderr
    out, err = Stream(sys.stdout), Stream(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        # A stream that was closed stays replaced: Python's own print would go elsewhere.
        sys.stdout = before[0] or sys.stdout
        sys.stderr = before[1] or sys.stderr


def open_descriptors() -> None:
    """Lead descriptors 0, 1 and 2 nowhere where they were closed.

    The next files that are opened would get these numbers, and be written to by whatever writes
    messages to standard error.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
