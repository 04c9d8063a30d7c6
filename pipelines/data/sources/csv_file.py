"""Tables of paths and labels in text files: CSV, TSV."""

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipelines.errors import InputError

DELIMITERS = ",;\t|"
LOOKED_AT = 20
"""Rows in which a delimiter shows that it is one."""
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
        A file of rows whose cells are parted by commas, semicolons, tabs or bars.

    Raises
    ------
    InputError
        If it is missing or cannot be read, has no rows, or rows with more cells than columns.
    """
    text, notes = _text(path)
    first, _, rest = text.partition("\n")
    if first.strip().casefold().startswith("sep="):  # a hint for Excel
        text = rest
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    try:
        rows = list(_rows(text, delimiter))
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as a table ({error}); save it anew") from error
    if not rows:
        raise InputError(f"{path} is empty; give a row for each image, with its path and label")
    head = rows[0][1]
    if any(cell and (path.parent / cell).is_file() for cell in head):
        head = [f"column {number}" for number in range(1, len(head) + 1)]
    else:
        rows = rows[1:]
    _check(path, head, rows)
    cells = ([*row, *[""] * (len(head) - len(row))] for _, row in rows)
    columns = dict(zip(head, map(list, zip(*cells, strict=True)), strict=True))
    columns.pop("", None)  # pandas numbers its rows in a column without a name
    return columns, notes


def _check(path: Path, head: list[str], rows: list[tuple[int, list[str]]]) -> None:
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
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    mark = next((name for first, name in MARKS.items() if content.startswith(first)), "utf-8")
    try:
        return content.decode(mark), []
    except UnicodeDecodeError:
        note = f"{path.name} is not UTF-8 and was read as Latin-1; look at its class names"
        return content.decode("latin-1"), [note]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold text, with the number of their last line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for row in reader:
        cells = [cell.strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield reader.line_num, cells


def _delimiter(text: str) -> str:
    """Return what parts the cells: what gives the first rows the most cells, the same of each."""

    def cells(delimiter: str) -> tuple[bool, int]:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            counts = [len(row) for row in islice(rows, LOOKED_AT) if row]
        except csv.Error:
            return False, 0
        least = min(counts, default=0)
        return least > 1 and least == max(counts), least

    return max(DELIMITERS, key=cells)
