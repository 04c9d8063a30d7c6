"""Which column of a table holds the paths, which the labels, and which the splits."""

import re
from collections.abc import Callable, Mapping, Sequence

from pipelines.errors import InputError

PATHS = (
    "path file filename filepath fname image imagename imagepath imagefile imagefilename img "
    "imgname imgpath picture photo"
)
LABELS = "label labels class classname classlabel category target species diagnosis y"
SPLITS = "split set subset partition dataset usage fold"
PARTS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
}
"""What a cell may say of the split, in lower case, and a word in the name of a split's folder:
`seg_train`, `Test Set`."""
LABEL = "label"
UNNAMED = "column "
"""What columns are called, with their numbers, where the first row does not name them."""
LOOKED_AT = 50
"""Rows in which a column of paths shows that it is one."""

Columns = Mapping[str, Sequence[str]]
"""The cells of each column, as text without spaces around it; empty where there is nothing."""


def path_column(columns: Columns, where: str, exists: Callable[[str], bool]) -> str:
    """Return the name of the column that holds the paths of pictures.

    Parameters
    ----------
    columns
        The table.
    where
        What it is called in messages.
    exists
        Whether there is a file of that path.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """
    if "path" in columns:
        return "path"
    named = _named(columns, PATHS)
    real = [name for name in named or columns if _are_files(columns[name], exists)]
    if len(real) == 1 or (not real and len(named) == 1):
        return (real or named)[0]
    if real:
        raise InputError(
            f"{where}: columns {' and '.join(real)} both hold paths of files; call the one to read "
            "'path'"
        )
    raise InputError(
        f"{where} has columns {_shown(columns)}, none of which holds paths of files (from the "
        "folder that it lies in); call the column of paths 'path' and check some of them"
    )


def holds_labels(name: str, columns: Columns) -> bool:
    """Whether a column is called as that of the labels, and no other one is."""
    return name == LABEL or _named(columns, LABELS) == [name]


def label_column(columns: Columns, where: str, others: Sequence[str | None]) -> str:
    """Return the name of the column that holds the labels.

    Parameters
    ----------
    columns, where
        As in `path_column`.
    others
        Columns that hold something else.

    Raises
    ------
    InputError
        If that cannot be said.
    """
    free = [name for name in columns if name not in others]
    if LABEL in free:
        return LABEL
    named = _named(free, LABELS)
    if len(named) == 1:
        return named[0]
    if len(free) == 1 and free[0] != "":
        return free[0]
    if not free:
        raise InputError(
            f"{where} has columns {_shown(columns)}; give one of labels as well, called 'label'"
        )
    call = f"call the one to read {LABEL!r}"
    if all(name.startswith(UNNAMED) for name in free):
        call = f"name the columns in a first row, and {call}"
    raise InputError(
        f"{where}: columns {' and '.join(named or free[:6])} may all hold the labels; {call}"
    )


def split_column(columns: Columns, others: Sequence[str | None]) -> str | None:
    """Return the name of the column that says which split a picture is of; None without one.

    A column of that name may hold something else, such as the numbers of folds.
    """
    for name in _named([name for name in columns if name not in others], SPLITS):
        if any(cell.casefold() in PARTS for cell in columns[name]):
            return name
    return None


def _named(names: Sequence[str] | Columns, words: str) -> list[str]:
    """Return the names that are one of some words, whatever stands between their letters."""
    known = words.split()
    return [name for name in names if re.sub(r"[\W_]+", "", name.casefold()) in known]


def _are_files(cells: Sequence[str], exists: Callable[[str], bool]) -> bool:
    some = [cell for cell in dict.fromkeys(cells[: 4 * LOOKED_AT]) if cell][:LOOKED_AT]
    return 2 * sum(map(exists, some)) > len(some)


def _shown(columns: Columns) -> str:
    names = list(columns)
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(map(repr, names[:8])) + more
