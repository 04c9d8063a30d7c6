"""Paths as people give them: text in Python, words on the command line."""

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter

AnyPath: TypeAlias = Annotated[Path | str, Parameter(metavar="PATH")]
"""`groundwork.files.as_path` makes it one."""
AnyName: TypeAlias = Annotated[str | Path, Parameter(metavar="STR")]
"""A name of what ships with ganaug, or a path."""
