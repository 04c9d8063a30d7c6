"""Pictures that a table lists with their labels: a CSV file, or a data frame of Python."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.data.choosing import Fit
from pipelines.data.pool import Pool, of_reader
from pipelines.data.reader import Indices
from pipelines.data.sources.columns import (
    PARTS,
    Columns,
    holds_labels,
    label_column,
    path_column,
    split_column,
)
from pipelines.data.sources.csv_file import read_csv
from pipelines.data.sources.folder import PARENT
from pipelines.data.sources.formats import in_order
from pipelines.data.sources.grouping import Grouping, by_pattern
from pipelines.data.sources.pictures import Pictures
from pipelines.data.sources.rows import Row, checked, read_rows
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError, unknown_name


@dataclass(frozen=True)
class Table:
    """A table of pictures.

    Attributes
    ----------
    columns
        The cells of each column.
    given
        The columns of `path`, `label` and `split`, as far as somebody said them.
    where, name
        What it is called in messages, and as a data set.
    root
        Where its paths begin.
    """

    columns: Columns
    given: Mapping[str, str | None]
    where: str
    root: Path
    name: str


def load_table(path: Path, fit: Fit, skip_bad: bool, group_by: str | None = None) -> Source:
    """List the pictures of a CSV or TSV file; they are read when they are asked for.

    Parameters
    ----------
    path
        A file with a row for each picture: its path, from the folder of the file, and its label;
        perhaps also its split (train, valid, test). Which column is which is told by their names
        (`path`, `file`, `image`, …; `label`, `class`, …; `split`, …), or else by what they hold.
    fit
        How pictures become squares.
    skip_bad
        Go on without pictures that are missing or cannot be read, and say so in the notes.
    group_by
        A column: pictures with the same cell belong together. Else `parent`, for the folders that
        they lie in, or a regular expression, as in `grouping.by_pattern`. None: each stands for
        itself.

    Raises
    ------
    InputError
        If the file cannot be read, or what it says of the pictures does not do.
    """
    columns, notes = read_csv(path)
    table = Table(columns, {}, str(path), path.parent, path.stem)
    source = _source(table, fit, skip_bad, group_by)
    return replace(source, notes=[*notes, *source.notes])


def from_frame(
    frame: Any,
    *,
    path: str | None = None,
    label: str | None = None,
    split: str | None = None,
    group_by: str | None = None,
    folder: Path = Path(),
    name: str = "frame",
    fit: Fit = "crop",
    skip_bad: bool = False,
) -> Source:
    """Return the source of the pictures that a data frame lists, as `load_table` does of a file.

    Parameters
    ----------
    frame
        Of pandas, Polars or the like, or a dictionary of lists: what gives the names of its columns
        as `columns` or by iteration, and a column by its name in brackets.
    path, label, split
        Columns of the paths, the labels and the splits; None: told by their names, or by what they
        hold.
    group_by, fit, skip_bad
        As for `load_table`.
    folder
        Where the paths begin.
    name
        What the source is called.

    Raises
    ------
    InputError
        If there is no such column, or what the frame says of the pictures does not do.
    """
    keys = {str(column): column for column in getattr(frame, "columns", frame)}
    names = [*keys]
    columns = {name: [_text(cell) for cell in frame[key]] for name, key in keys.items()}
    given = {"path": path, "label": label, "split": split}
    for wanted in given.values():
        if wanted is not None and wanted not in columns:
            raise unknown_name(f"column of {name}", wanted, names)
    return _source(Table(columns, given, name, folder, name), fit, skip_bad, group_by)


def _source(table: Table, fit: Fit, skip_bad: bool, group_by: str | None) -> Source:
    where, name = table.where, table.name
    roles = _roles(table, group_by)
    rows, notes = checked(read_rows(table.columns, roles, where, table.root), where, skip_bad)
    by_part = {part: [row for row in rows if row.part == part] for part in PARTS.values()}
    names = tuple(in_order({row.label for row in by_part["train"]}))
    number = {one: position for position, one in enumerate(names)}
    parts: dict[str, list[Row]] = {}
    for part, own in by_part.items():
        unknown = [row.label for row in own if row.label not in number]
        if unknown:
            raise InputError(
                f"{where}: its {part} split has class {unknown[0]!r}, its train split does not; "
                "give both the same classes"
            )
        if own:  # class by class, as in folders: the same pictures then give the same draws
            parts[part] = sorted(own, key=lambda row: number[row.label])
    groups = _grouped(parts, roles["group"], table.columns, group_by)
    pools: dict[str, Pool] = {}
    for part, own in parts.items():

        def some(positions: Indices, own: list[Row] = own) -> Iterator[Path]:
            return (Path(own[at].path) for at in positions.tolist())

        shown = [row.name for row in own]
        reader = Pictures(where, shown, some, fit=fit, skip_bad=skip_bad)
        labels = [number[row.label] for row in own]
        pools[part] = of_reader(reader, labels, names, name, groups.numbers.get(part))
    read = ", ".join(f"{role} from {column!r}" for role, column in roles.items() if column)
    return from_splits(name, pools, [f"columns: {read}", *notes, *groups.notes], own=True)


def _roles(table: Table, group_by: str | None) -> dict[str, str | None]:
    """Return which column is what."""
    columns, given = table.columns, table.given
    group = group_by if group_by in columns else None
    if group is not None and not given.get("label") and holds_labels(group, columns):
        raise InputError(
            f"data.group_by {group!r} is the column of the labels of {table.where}: a class cannot "
            "stay on one side of a split; give another column"
        )

    def exists(name: str) -> bool:
        both = (table.root / name, table.root / name.replace("\\", "/"))
        return any(map(os.path.isfile, both))  # False of what can be no path

    taken = [given.get("label"), given.get("split"), group]
    free = {name: cells for name, cells in columns.items() if name not in taken}
    path = given.get("path") or path_column(free, table.where, exists)
    split = given.get("split") or split_column(columns, [path, given.get("label"), group])
    label = given.get("label") or label_column(columns, table.where, [path, split, group])
    return {"path": path, "label": label, "split": split, "group": group}


def _grouped(
    parts: dict[str, list[Row]], column: str | None, columns: Columns, group_by: str | None
) -> Grouping:
    if group_by is None:
        return Grouping()
    names = {part: [row.name.replace("\\", "/") for row in own] for part, own in parts.items()}
    every = [name for own in names.values() for name in own]
    if column is not None:
        cells = {part: [row.group or None for row in own] for part, own in parts.items()}
        return Grouping.of(cells, names, "have a value there", group_by)
    if group_by == PARENT:
        folders = {
            part: [name.rpartition("/")[0] or None for name in own] for part, own in names.items()
        }
        return Grouping.of(folders, names, "lie in a folder", group_by)
    if re.fullmatch(r"[\w ]+", group_by) and not any(re.search(group_by, name) for name in every):
        raise unknown_name("column to group by", group_by, columns)
    return by_pattern(group_by, names)


def _text(cell: Any) -> str:
    """Return a cell of a data frame as text; empty where there is nothing."""
    try:
        if cell is None or cell != cell:  # NaN is unlike itself
            return ""
    except (TypeError, ValueError):  # pandas' NA does not say, nor does an array
        return ""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
