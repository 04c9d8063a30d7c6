"""A finding, and the table of findings that people edit: `findings.csv`."""

import csv
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Literal

from groundwork.files import replacing
from groundwork.settings import Result
from pipelines.data.sources.csv_file import read_rows
from pipelines.errors import InputError

Action = Literal["exclude", "keep"]
ACTIONS = ("exclude", "keep")
KINDS = {
    "two labels": "One picture under two labels",
    "across splits": "Copies across splits",
    "identical": "Identical pictures",
    "near duplicate": "Near duplicates",
    "label": "Labels in doubt",
    "blank": "Blank pictures",
    "dark": "Dark pictures",
    "over-exposed": "Over-exposed pictures",
    "blurred": "Blurred pictures",
    "classes alike": "Classes that cannot be told apart",
}
"""Kinds of findings, the gravest first, each with its heading."""


class Finding(Result):
    """Something that a person should look at: a row of `findings.csv`."""

    file: str
    """Path below the folder, or split and number; empty where a finding is about classes."""
    class_name: str
    split: str
    finding: str
    """One of `KINDS`."""
    how: str = ""
    """How it is known: `same file`, `same pixels`, `near`, `mirrored`."""
    other_file: str = ""
    other_class: str = ""
    """Class of the other file; of a label in doubt, the class that the picture looks like."""
    other_split: str = ""
    score: float
    """Near: correlation once aligned, up to 1. Label: probability of the given class. Blurred:
    sharpness in parts of the median. Classes alike: balanced accuracy between the two. Dark and
    over-exposed: grey value of the lightest and of the darkest hundredth, of 255. Blank: deviation
    of grey values."""
    action: Action = "keep"
    """`exclude`: ``--exclude findings.csv`` leaves the file out."""


_COLUMNS = {name: name.removesuffix("_name").replace("_", " ") for name in Finding.model_fields}


def write_findings(findings: Iterable[Finding], path: Path) -> None:
    """Write the table, one row a finding.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    # With a byte order mark, for spreadsheets to read é as é.
    with replacing(path) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS.values())
        for one in findings:
            row = one.model_dump() | {"score": f"{one.score:.4g}"}
            writer.writerow(row.values())


def carried(
    found: list[Finding], table: Path, names: Container[str]
) -> tuple[list[Finding], list[Finding]]:
    """Take over what a person has decided in an earlier table.

    Parameters
    ----------
    found
        New findings.
    table
        The earlier table.
    names
        The files that there are.

    Returns
    -------
    tuple
        The findings with the actions of the same rows of the table; and rows of the table that
        exclude files and were not found again, because they are excluded already.

    Raises
    ------
    InputError
        If the table cannot be read.
    """
    rows = _read(table)
    decided = {_key(row): cell for _, row in rows if (cell := _action(row)) in ACTIONS}
    keys = [(one.file, one.finding, one.other_file) for one in found]
    again = [
        one.model_copy(update={"action": decided.get(key, one.action)})
        for one, key in zip(found, keys, strict=True)
    ]
    return again, [
        _finding(row)
        for _, row in rows
        if _action(row) == "exclude" and row["file"] in names and _key(row) not in keys
    ]


def read_excluded(path: Path) -> dict[str, int]:
    """Return the files whose action is `exclude`, each with its line in the table.

    Only the columns `file` and `action` are read, so a list of one's own will do.

    Raises
    ------
    InputError
        If the table cannot be read, lacks a column, or holds another action.
    """
    found: dict[str, int] = {}
    for line, row in _read(path):
        action = _action(row)
        if action not in (*ACTIONS, ""):
            raise InputError(
                f"{path}, line {line}: action {row['action']!r}; give 'exclude' or 'keep'"
            )
        if action == "exclude" and row["file"]:
            found.setdefault(row["file"], line)
    return found


def _read(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a table, each with its line, however a spreadsheet has saved it."""
    if not path.exists():
        raise InputError(f"{path} does not exist; `ganaug data` writes findings.csv")
    rows = read_rows(path)[0]
    columns = [name.lower() for name in rows[0][1]] if rows else []
    for needed in ("file", "action"):
        if needed not in columns:
            raise InputError(
                f"{path} has no column {needed!r} but {', '.join(columns) or 'none'}; give a table "
                "as `ganaug data` writes it"
            )
    return [
        (line, dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False)))
        for line, cells in rows[1:]
    ]


def _action(row: dict[str, str]) -> str:
    return row["action"].lower()


def _key(row: dict[str, str]) -> tuple[str, str, str]:
    return row["file"], row.get("finding", ""), row.get("other file", "")


def _finding(row: dict[str, str]) -> Finding:
    """Return an earlier row as it was; of a list of one's own, as much as it says."""
    cells = {name: row.get(column, "") for name, column in _COLUMNS.items()}
    try:
        score = float(cells.pop("score"))
    except ValueError:
        score = 0.0
    return Finding.model_validate(cells | {"score": score, "action": _action(row)})
