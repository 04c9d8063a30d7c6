"""Names: the order that people expect, and what of them a file name may hold."""

import hashlib
import re
from collections.abc import Sequence

LONGEST_NAME = 100
"""Bytes of a part of a file name; file systems take 255."""
UNSAFE = frozenset('/\\:*?"<>|')
DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{at}" for port in ("com", "lpt") for at in range(10)))
)
SHOWN, LONGEST = 5, 300
"""Names given in a message, and letters of each; of more, only the number."""


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
    """Return ``text`` as a part of a file name, of at most 100 letters.

    Examples
    --------
    >>> slug("real + flip, shift")
    'real-flip-shift'
    """
    return shortened(re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.")) or "unnamed"


def shortened(name: str) -> str:
    """Return a name that file systems take, with room for what is put around it.

    Of one that is too long the beginning is kept, and a hash, which tells it from others.

    Examples
    --------
    >>> shortened("cat"), shortened("cat" * 50)[90:]
    ('cat', 'c-690018f8')
    """
    encoded = name.encode("utf-8", "surrogateescape")
    if len(encoded) <= LONGEST_NAME:
        return name
    hashed = hashlib.blake2b(encoded, digest_size=4).hexdigest()
    kept = encoded[: LONGEST_NAME - len(hashed) - 1].decode("utf-8", "ignore").rstrip(" .-")
    return f"{kept}-{hashed}"


def folder_names(names: Sequence[str]) -> list[str]:
    """Return a name of a folder for each of some names, all different, whatever they hold.

    Slashes and what no file system takes become `_`; none leads out of where it is made, is hidden,
    or is a device of Windows.

    Examples
    --------
    >>> folder_names(["cat", "../dog", "..", "con", "Cat"])
    ['cat', '_.._dog', '_..', '_con', 'Cat-2']
    """
    taken: set[str] = set()
    found = []
    for name in names:
        plain = "".join("_" if one in UNSAFE or not one.isprintable() else one for one in name)
        plain = shortened(plain.rstrip(" .") or plain)
        if plain != plain.lstrip(" .") or plain.partition(".")[0].lower() in DEVICES or not plain:
            plain = f"_{plain}"
        unique, number = plain, 1
        while unique.casefold() in taken:
            number += 1
            unique = f"{plain}-{number}"
        taken.add(unique.casefold())
        found.append(unique)
    return found


def few(names: Sequence[str]) -> str:
    """Return the first five names, and how many more there are.

    Examples
    --------
    >>> few(["a", "b"]), few(["a", "b", "c", "d", "e", "f"])
    ('a, b', 'a, b, c, d, e and 1 more')
    """
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(name[:LONGEST] for name in names[:SHOWN]) + more


def listed(names: Sequence[str], *, quoted: bool = False) -> str:
    """Return names as a part of a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"], quoted=True)
    ('a, b and c', '“a”')
    """
    names = [f"“{name}”" for name in names] if quoted else names
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
