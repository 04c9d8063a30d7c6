"""Names: the order that people expect, and what of them a file name may hold."""

import re
from collections.abc import Sequence

SHOWN = 5
"""Names given in a message; of more, only the number."""


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sort key that puts `2.png` before `10.png`, and tells `a` from `A` in the end.

    Examples
    --------
    >>> sorted(["b10", "b9", "a", "B9"], key=natural)
    ['a', 'B9', 'b9', 'b10']
    """
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], name


def slug(text: str) -> str:
    """Return ``text`` as a part of a file name.

    Examples
    --------
    >>> slug("real + flip, shift")
    'real-flip-shift'
    """
    return re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.") or "unnamed"


def few(names: Sequence[str]) -> str:
    """Return the first five names, and how many more there are.

    Examples
    --------
    >>> few(["a", "b"]), few(["a", "b", "c", "d", "e", "f"])
    ('a, b', 'a, b, c, d, e and 1 more')
    """
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def listed(names: Sequence[str], *, quoted: bool = False) -> str:
    """Return names as a part of a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"], quoted=True)
    ('a, b and c', '“a”')
    """
    names = [f"“{name}”" for name in names] if quoted else names
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
