"""What makes two tasks the same: their resolved settings and the code that runs them."""

import ast
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


def digest(content: Any) -> str:
    """Return 12 hex digits that stand for ``content``, anything that JSON can write."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def slug(text: str) -> str:
    """Return ``text`` as a part of a file name.

    Examples
    --------
    >>> slug("real + flip, shift")
    'real-flip-shift'
    """
    return re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.") or "unnamed"


@lru_cache
def code_version(*parts: str) -> str:
    """Return a digest of the code in ``parts``, packages or modules relative to the source root.

    Comments, docstrings and layout do not count: a result stays valid when only the words
    around the code that made it change.
    """
    hashed = hashlib.sha256()
    for part in parts:
        path = _ROOT / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                _drop_strings(node)
            hashed.update(file.relative_to(_ROOT).as_posix().encode())
            hashed.update(ast.dump(tree).encode())
    return hashed.hexdigest()[:12]


def _drop_strings(node: ast.AST) -> None:
    """Remove the strings that stand alone in the body of ``node``: docstrings."""
    body = getattr(node, "body", None)
    if isinstance(body, list):
        body[:] = [
            child
            for child in body
            if not (
                isinstance(child, ast.Expr)
                and isinstance(child.value, ast.Constant)
                and isinstance(child.value.value, str)
            )
        ]
