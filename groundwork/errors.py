"""The one exception for what a caller got wrong, and the words of its messages."""

import difflib
from collections.abc import Iterable
from unicodedata import category

LONGEST, MOST = 300, 4000
"""Letters of a value that are shown in a message, and of all of it."""
TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of text around them."""


class InputError(ValueError):
    r"""Bad input: the message is one line that says what was received and what to do.

    It holds what was received, which may be anything; so it is made one line of a length that can
    be read, without what draws on a terminal.

    Examples
    --------
    >>> print(InputError("no class 'a\nb\x1b[2J'"))
    no class 'a b\x1b[2J'
    """

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


def _one_line(text: str) -> str:
    line = " ".join(part.strip() for part in text.strip().splitlines())
    line = "".join(
        repr(one)[1:-1] if category(one) in ("Cc", "Cs") or one in TURNING else one for one in line
    )
    return line if len(line) <= MOST else f"{line[:MOST]}…"


class UnwritableError(InputError):
    """A file cannot be written: nor can any other, so that nothing else need be tried."""


def first_line(error: BaseException) -> str:
    """Return the first line of what a library said, for a message of one line."""
    return str(error).strip().partition("\n")[0][:LONGEST]


def shown(value: object) -> str:
    """Return a value as it is shown in a message: in one line, and not a page of it.

    Examples
    --------
    >>> shown("cat"), shown([7] * 1000)[:20]
    ("'cat'", '[7, 7, 7, 7, 7, 7, 7')
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        text = "a number of thousands of digits"
    except RecursionError:
        text = f"a {type(value).__name__} within a {type(value).__name__}, and so on"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def within(name: str, value: float, least: float, most: float) -> None:
    """Raise InputError unless a number is finite and between two bounds, both included.

    Parameters
    ----------
    name
        What the caller calls it: an option or a parameter.
    value
        The number; NaN is between no bounds.

    Examples
    --------
    >>> within("--n", 3, 1, 100)
    """
    if isinstance(value, bool) or not least <= value <= most:
        raise InputError(f"{name}: give {least:,} to {most:,}, received {shown(value)}")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not in a table, with the closest names.

    Examples
    --------
    >>> unknown_name("class", "aeroplane", ["airplane", "cat"])
    InputError("unknown class 'aeroplane'; did you mean airplane? known: airplane, cat")
    """
    known = list(known)
    lowered = {k.lower(): k for k in known}
    short = name.lower()[:LONGEST]  # comparing takes the square of the length
    close = [lowered[k] for k in difflib.get_close_matches(short, lowered, n=3)]
    hint = f" did you mean {' or '.join(close)}?" if close else ""
    others = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return InputError(f"unknown {kind} {shown(name)};{hint} known: {others}")
