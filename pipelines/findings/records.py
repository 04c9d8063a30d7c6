"""A finding, and the table of findings that people edit: `findings.csv`."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from groundwork.files import replacing
from groundwork.settings import Result
from pipelines.errors import InputError, first_line

Action = Literal["exclude", "keep"]
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
        names = [name.removesuffix("_name").replace("_", " ") for name in Finding.model_fields]
        writer.writerow(names)
        for one in findings:
            row = one.model_dump() | {"score": f"{one.score:.4g}"}
            writer.writerow(row.values())


def read_excluded(path: Path) -> dict[str, int]:
    """Return the files whose action is `exclude`, each with its line in the table.

    Only the columns `file` and `action` are read, so a list of one's own will do.

    Raises
    ------
    InputError
        If the table cannot be read, lacks a column, or holds another action.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            # Spreadsheets of half of Europe write semicolons.
            delimiter = ";" if ";" in first and "," not in first else ","
            reader = csv.DictReader(file, delimiter=delimiter)
            rows = list(reader)
            columns = reader.fieldnames or []
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; `ganaug data` writes findings.csv") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {first_line(error)}") from error
    for needed in ("file", "action"):
        if needed not in columns:
            raise InputError(
                f"{path} has no column {needed!r} but {', '.join(columns) or 'none'}; give a table "
                "as `ganaug data` writes it"
            )
    found: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        action = (row["action"] or "").strip().lower()
        if action not in ("exclude", "keep", ""):
            raise InputError(
                f"{path}, line {line}: action {row['action']!r}; give 'exclude' or 'keep'"
            )
        if action == "exclude" and row["file"]:
            found.setdefault(row["file"].strip(), line)
    return found
