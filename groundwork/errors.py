"""The one exception for what a caller got wrong, and the words of its messages."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: the message is one line that says what was received and what to do."""


class UnwritableError(InputError):
    """A file cannot be written: nor can any other, so that nothing else need be tried."""


def first_line(error: BaseException) -> str:
    """Return the first line of what a library said, for a message of one line."""
    return str(error).strip().partition("\n")[0]


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not in a table, with the closest names.

    Examples
    --------
    >>> unknown_name("class", "aeroplane", ["airplane", "cat"])
    InputError("unknown class 'aeroplane'; did you mean airplane? known: airplane, cat")
    """
    known = list(known)
    lowered = {k.lower(): k for k in known}
    close = [lowered[k] for k in difflib.get_close_matches(name.lower(), lowered, n=3)]
    hint = f" did you mean {' or '.join(close)}?" if close else ""
    shown = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return InputError(f"unknown {kind} {name!r};{hint} known: {shown}")
