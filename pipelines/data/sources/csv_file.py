"""Tables in text files: CSV, TSV, and columns parted by blanks."""

import codecs
import csv
import io
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipelines.data.sources.columns import UNNAMED
from pipelines.errors import InputError

MOST_BYTES = 2**28
"""Of a table."""
MOST_CELLS, MOST_COLUMNS = 10_000_000, 1_000
"""A million pictures with ten columns."""
DELIMITERS = ",;\t|"
BLANKS = " "
"""Stands for any number of spaces and tabs, as programs write that set columns below each other."""
LOOKED_AT = 20
"""Rows in which a delimiter shows that it is one."""
Row = tuple[int, list[str]]
"""The number of the last line of a row, and its cells without spaces around them."""
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""What the first bytes of a file say of its encoding; Excel writes them."""


def read_csv(path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Return the columns of a file by name, and what is to be said of how it was read.

    Its first row names the columns; where that row holds the path of a file instead, they are
    called by their numbers. Rows without any text are passed over.

    Parameters
    ----------
    path
        As for `read_rows`.

    Raises
    ------
    InputError
        If it is missing or cannot be read, has no rows, or rows with more cells than columns.
    """
    rows, notes = read_rows(path)
    if not rows:
        raise InputError(f"{path} is empty; give a row for each image, with its path and label")
    head = rows[0][1]
    if any(cell and os.path.isfile(path.parent / cell) for cell in head):  # noqa: PTH113
        head = [f"{UNNAMED}{number}" for number in range(1, len(head) + 1)]
    else:
        rows = rows[1:]
    _check(path, head, rows)
    cells = ([*row, *[""] * (len(head) - len(row))] for _, row in rows)
    columns = dict(zip(head, map(list, zip(*cells, strict=True)), strict=True))
    columns.pop("", None)  # pandas numbers its rows in a column without a name
    return columns, notes


def read_rows(path: Path) -> tuple[list[Row], list[str]]:
    """Return the rows that hold text, and what is to be said of how they were read.

    Parameters
    ----------
    path
        A file of rows whose cells are parted by commas, semicolons, tabs or bars, or, where none of
        these parts them, by blanks.

    Raises
    ------
    InputError
        If it is missing or cannot be read.
    """
    text, notes = _text(path)
    first, _, rest = text.partition("\n")
    if first.strip().casefold().startswith("sep="):  # a hint for Excel
        text = f"\n{rest}"  # lines keep their numbers
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    try:
        rows: list[Row] = []
        cells = 0
        for row in _rows(text, delimiter):
            rows.append(row)
            cells += len(row[1])
            if cells > MOST_CELLS or len(row[1]) > MOST_COLUMNS:
                raise InputError(
                    f"{path} has more than {MOST_CELLS:,} cells, or than {MOST_COLUMNS:,} in a "
                    "row; give fewer"
                )
        return rows, notes
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as a table ({error}); save it anew") from error


def _check(path: Path, head: list[str], rows: list[Row]) -> None:
    if not rows:
        raise InputError(f"{path} has a first row only; give a row for each image")
    long = [(number, row) for number, row in rows if len(row) > len(head)]
    if long:
        number, row = long[0]
        raise InputError(
            f"{path}: line {number} has {len(row)} cells, the first row names {len(head)} columns; "
            "put cells that hold the delimiter in double quotes"
        )
    twice = [name for name in head if name and head.count(name) > 1]
    if twice:
        raise InputError(f"{path} has two columns {twice[0]!r}; give each a name of its own")


def _text(path: Path) -> tuple[str, list[str]]:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no file; give a table")
        if (size := path.stat().st_size) > MOST_BYTES:
            raise InputError(
                f"{path} has {size / 2**20:,.0f} MiB, {MOST_BYTES // 2**20} are read; give fewer "
                "rows or columns"
            )
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    mark = next((name for first, name in MARKS.items() if content.startswith(first)), "utf-8")
    try:
        return content.decode(mark), []
    except UnicodeDecodeError:
        note = f"{path.name} is not UTF-8 and was read as Latin-1; look at its class names"
        return content.decode("latin-1"), [note]


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows that hold text, with the number of their last line."""
    for number, row in _cells(text, delimiter, strict=True):
        cells = [cell.strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _cells(text: str, delimiter: str, *, strict: bool = False) -> Iterator[Row]:
    lines = io.StringIO(text, newline="")
    if delimiter == BLANKS:
        yield from ((number, line.split()) for number, line in enumerate(lines, 1))
        return
    reader = csv.reader(lines, delimiter=delimiter, strict=strict)
    for row in reader:
        yield reader.line_num, row


def _delimiter(text: str) -> str:
    """Return what parts the cells: what gives the first rows the most cells, the same of each.

    Blanks only where nothing else does: they stand in names and labels, too.
    """

    def cells(delimiter: str) -> tuple[bool, int]:
        try:
            counts = [len(row) for _, row in islice(_cells(text, delimiter), LOOKED_AT) if row]
        except csv.Error:
            return False, 0
        least = min(counts, default=0)
        return least > 1 and least == max(counts), least

    best = max(DELIMITERS, key=cells)
    return BLANKS if not cells(best)[0] and cells(BLANKS)[0] else best
