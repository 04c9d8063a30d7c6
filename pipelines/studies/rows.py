"""The rows of the five studies, as `rows.toml` lists them."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from groundwork.settings import Settings
from pipelines.errors import InputError, explain, unknown_name

ROWS = Path(__file__).parent / "rows.toml"

Verb = Literal["classify", "tune", "gan"]


class Step(Settings):
    """One command of a row."""

    run: str
    """Name of a recipe, or of a search for `tune`."""
    verb: Verb = "classify"
    """The verb of `ganaug` that runs it."""


class Row(Settings):
    """One row of a study."""

    title: str
    """What is tried."""
    published: str
    """Its figures as printed, in a phrase; those of single arms stand in the recipes."""
    steps: list[Step] = Field(min_length=1)
    """Commands, in their order."""
    differs: str = ""
    """How it differs from the study, in a phrase; empty if in nothing that is known."""
    weights: str = ""
    """Weights from outside that it needs; empty if none."""
    reason: str = ""
    """Why it comes out differently from the study, as far as that was tested."""
    folder: str = ""
    """The study's own images, where they are a folder that users bring: `cinic10`, `animals`."""


STUDIES = {
    "p": "Pereira, Mehra, Skachkou 2022: CNN For CIFAR-10 Dataset",
    "a": "Andrzejczuk, Orsłowski: Deep Learning, Project 1",
    "m": "Mesquita: COMP3010 Assignment",
    "k": "Ko, Guo: Image Classification on Animals",
    "v": "Vincken: Deep learning classification using a CNN",
}
"""By the first letter of their rows."""


def read_rows() -> dict[str, Row]:
    """Return all rows by name (`p9`), in the order of the studies."""
    tables = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    found = {}
    for name, table in tables.items():
        try:
            found[name] = Row.model_validate(table)
        except ValidationError as error:
            raise InputError(explain(error, f"{ROWS.name}: {name}", Row)) from error
    return found


def choose_rows(names: Sequence[str]) -> dict[str, Row]:
    """Return some rows; a letter stands for all rows of its study.

    Raises
    ------
    InputError
        If there is no such row; the closest ones are named.

    Examples
    --------
    >>> list(choose_rows(["P12", "m"]))[:3]
    ['p12', 'm1', 'm2']
    """
    rows = read_rows()
    chosen: dict[str, Row] = {}
    for name in names:
        low = name.lower()
        own = {low: rows[low]} if low in rows else {}
        if low in STUDIES:
            own = {one: row for one, row in rows.items() if one.startswith(low)}
        if not own:
            raise unknown_name("row", name, [*rows, *STUDIES])
        chosen |= own
    return chosen
