"""Recipe files: those that ship with ganaug, by name, and any other by its path."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import InputError, first_line, shown, unknown_name

LIBRARY = Path(__file__).parent / "library"
"""The files that ship with ganaug: recipes, and searches, which have a table `[space]` as well."""

LARGEST, DEEPEST = 2**18, 100
"""Bytes of such a file, a hundred times what ours have; and dots of a key, for each of which Python
makes a copy of the whole key."""

Kind = Literal["recipe", "search"]


def list_files(kind: Kind) -> list[str]:
    """Return the names of the files of one kind that ship with ganaug."""
    return sorted(path.stem for path in LIBRARY.glob("*.toml") if _kind(path) == kind)


def find_file(name: str | Path, kind: Kind) -> Path:
    """Return the path of a file, given as that path or by the name of one that ships with ganaug.

    Raises
    ------
    InputError
        If there is none.
    """
    path = Path(name)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError) as error:  # a name longer than names are, or with a NUL
        raise InputError(f"no {kind} file {shown(str(name))}: {first_line(error)}") from error
    if str(name).endswith(".toml"):
        raise InputError(f"no {kind} file {name}")
    if str(name) not in list_files(kind):
        raise unknown_name(kind, str(name), list_files(kind))
    return LIBRARY / f"{name}.toml"


def read_tables(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise InputError(
                f"{path.name} has {size:,} bytes, a recipe a few thousand: give another file"
            )
        text = path.read_text(encoding="utf-8")
        if any(line.partition("=")[0].count(".") > DEEPEST for line in text.splitlines()):
            raise InputError(f"{path.name}: a key of more than {DEEPEST} parts; none is that deep")
        return tomllib.loads(text)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or a number of no end
        said = first_line(error) or "its tables are nested too deeply"
        raise InputError(f"{path.name}: not a TOML file: {said}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the file") from error


def _kind(path: Path) -> Kind:
    return "search" if "space" in read_tables(path) else "recipe"
