"""What options have in common: paths as people give them, groups in the order of their help."""

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Group, Parameter

AnyPath: TypeAlias = Annotated[Path | str, Parameter(metavar="PATH")]
"""`groundwork.files.as_path` makes it one."""
AnyName: TypeAlias = Annotated[str | Path, Parameter(metavar="STR")]
"""A name of what ships with ganaug, or a path."""

IMAGES = Group("Images", sort_key=1)
CLASSIFIER = Group("Classifier", sort_key=2)
SYNTHETIC = Group("Synthetic images", sort_key=3)
FEED = Group("Input pipeline", sort_key=4)
