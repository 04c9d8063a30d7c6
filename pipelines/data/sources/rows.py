"""The rows of a table of pictures: what is wrong with them, and what of them counts."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.names import few, natural
from pipelines.data.sources.columns import PARTS
from pipelines.data.sources.listing import alike, composed
from pipelines.errors import InputError


@dataclass(frozen=True)
class Row:
    """One picture.

    Attributes
    ----------
    name
        Its path as the table has it.
    path
        Where it lies.
    label
        The name of its class.
    part
        The split that it is of.
    group
        The cell of the column of groups; empty without one.
    """

    name: str
    path: str
    label: str
    part: str
    group: str


def read_rows(
    columns: Mapping[str, Sequence[str]],
    roles: Mapping[str, str | None],
    where: str,
    root: Path,
) -> list[Row]:
    """Return the rows of a table whose columns have names.

    Parameters
    ----------
    columns
        The cells of each column.
    roles
        The columns of `path` and `label`, and those of `split` and `group`, or None.
    where
        What the table is called in messages.
    root
        Where its paths begin.

    Raises
    ------
    InputError
        If a row has no path or label, or a split says nothing that is known.
    """
    names, labels = columns[roles["path"] or ""], columns[roles["label"] or ""]
    for what, cells in (("path", names), ("label", labels)):
        empty = [at for at, cell in enumerate(cells) if not cell]
        if empty:
            raise InputError(
                f"{where}: {len(empty)} of {len(cells)} rows have no {what}, the first is row "
                f"{empty[0] + 1} ({names[empty[0]] or labels[empty[0]] or 'empty'}); fill them in, "
                "or take them out"
            )
    split, group = roles["split"], roles["group"]
    parts = _parts(columns[split], split, where) if split else ["train"] * len(names)
    groups = columns[group] if group else [""] * len(names)
    return [
        Row(name, _path(root, name), composed(label), part, of)
        for name, label, part, of in zip(names, labels, parts, groups, strict=True)
    ]


def checked(rows: Sequence[Row], where: str, skip_missing: bool) -> tuple[list[Row], list[str]]:
    """Return the rows that count, in natural order of their paths, and what is to be said of them.

    Parameters
    ----------
    rows
        All rows.
    where
        What the table is called in messages.
    skip_missing
        Whether rows whose file is missing may be left out.

    Raises
    ------
    InputError
        If files are missing, a path has two labels, or a class is spelled in two ways.
    """
    notes = []
    missing = [row.name for row in rows if not os.path.isfile(row.path)]  # noqa: PTH113
    if missing:
        said = f"{len(missing)} of {len(rows)} rows name files that are not there: {few(missing)}"
        if not skip_missing or len(missing) == len(rows):
            raise InputError(
                f"{where}: {said}; give paths from the folder that the table lies in, or go on "
                "without them (--skip-bad)"
            )
        notes.append(f"{said}; they were left out")
        gone = set(missing)
        rows = [row for row in rows if row.name not in gone]
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.path, row)
    _one_each(rows, first, where, "labels", lambda row: row.label)
    _one_each(rows, first, where, "splits", lambda row: row.part)
    if len(rows) > len(first):
        notes.append(f"{len(rows) - len(first)} rows that repeat another one were left out")
    spelled: dict[str, str] = {}
    for label in dict.fromkeys(row.label for row in first.values()):
        if (other := spelled.setdefault(alike(label), label)) != label:
            raise InputError(
                f"{where} has labels {other!r} and {label!r}, which differ only in how they are "
                "spelled; write one of them everywhere"
            )
    return sorted(first.values(), key=lambda row: natural(row.path)), notes


def _one_each(
    rows: Sequence[Row],
    first: Mapping[str, Row],
    where: str,
    what: str,
    value: Callable[[Row], str],
) -> None:
    """Raise InputError if a path occurs with two values."""
    unlike = [row for row in rows if value(row) != value(first[row.path])]
    if unlike:
        names = few([f"{row.name} ({value(first[row.path])}, {value(row)})" for row in unlike])
        raise InputError(
            f"{where}: {len(unlike)} rows give a file again under other {what}: {names}; keep one "
            "row of each file"
        )


def _parts(cells: Sequence[str], column: str, where: str) -> list[str]:
    unknown = [cell for cell in cells if cell.casefold() not in PARTS]
    if unknown:
        raise InputError(
            f"{where}: column {column!r} holds {unknown[0]!r}; it says which split an image is of: "
            "write train, valid or test, or call the column otherwise"
        )
    return [PARTS[cell.casefold()] for cell in cells]


def _path(root: Path, name: str) -> str:
    """Return where a picture lies; a table made on Windows parts folders otherwise."""
    path = os.path.normpath(os.path.join(root, name))  # noqa: PTH118
    if "\\" in name and not os.path.exists(path):  # noqa: PTH110
        path = os.path.normpath(os.path.join(root, name.replace("\\", "/")))  # noqa: PTH118
    return path
