"""Recipe files: those that ship with ganaug, by name, and any other by its path."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pipelines.errors import InputError, first_line, shown, unknown_name

LIBRARY = Path(__file__).parent / "library"
"""The files that ship with ganaug: recipes, and searches, which have a table `[space]` as well."""

LARGEST, DEEPEST = 2**18, 100
"""Bytes of such a file, a hundred times what ours have; and dots of a key, for each of which Python
makes a copy of the whole key."""

Kind = Literal["recipe", "search"]
Profile = Literal["smoke", "quick", "paper"]
PAPER: Profile = "paper"
PROFILES: tuple[Profile, ...] = get_args(Profile)
"""How much of a file is run: whether it runs at all; hours of two cores for all of them; as the
study did it, which is what the file says. A table `[profiles.quick]` holds what differs."""
_SMOKE: dict[str, Any] = {
    "data": {"source": "mnist5k", "instances": 1, "per_class": 8, "test_per_class": 4, "size": 32},
    "train": {"epochs": 1, "batch": 8, "evaluate_at": [], "retries": 0, "members": 1},
    "gan": {"steps": 2, "grid_every": 1, "width": 8},
    "seeds": 1,
    "tune": {"trials": 2, "initial": 1, "folds": 2, "last": 1, "seeds": 1},
}
"""Of every file, below what its own `[profiles.smoke]` says."""


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


def at_profile(tables: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    """Return the tables of a file as a profile wants them, without those of the profiles.

    Parameters
    ----------
    tables
        What a file holds.
    profile
        One of `PROFILES`.

    Raises
    ------
    InputError
        If there is no such profile.

    Examples
    --------
    >>> file = {"data": {"instances": 10}, "profiles": {"quick": {"data": {"instances": 3}}}}
    >>> at_profile(file, "quick"), at_profile(file, "paper")
    ({'data': {'instances': 3}}, {'data': {'instances': 10}})
    """
    if profile not in PROFILES:
        raise unknown_name("profile", profile, PROFILES)
    own = dict(tables)
    profiles = own.pop("profiles", {})
    if unknown := sorted({*profiles} - {*PROFILES}):
        raise unknown_name("profile", unknown[0], PROFILES)
    if profile == "smoke":
        wanted = {name: table for name, table in _SMOKE.items() if name != "tune" or "space" in own}
        own = merge(own, wanted)
    return merge(own, profiles.get(profile, {}))


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes`` put over it, table by table."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = (
            merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return merged


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted keys into tables.

    Examples
    --------
    >>> nest({"train.batch": 32, "train.epochs": 5, "augment": "flip"})
    {'train': {'batch': 32, 'epochs': 5}, 'augment': 'flip'}
    """
    tables: dict[str, Any] = {}
    for key, value in values.items():
        *parents, name = key.split(".")
        table = tables
        for parent in parents:
            table = table.setdefault(parent, {})
        table[name] = value
    return tables


def _kind(path: Path) -> Kind:
    return "search" if "space" in read_tables(path) else "recipe"
