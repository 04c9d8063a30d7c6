"""Recipe files: those that ship with ganaug, by name, and any other by its path."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import InputError, unknown_name

LIBRARY = Path(__file__).parent / "library"
"""The files that ship with ganaug: recipes, and searches, which have a table `[space]` as well."""

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
    if path.is_file():
        return path
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
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not a TOML file: {error}") from error


def _kind(path: Path) -> Kind:
    return "search" if "space" in read_tables(path) else "recipe"
