"""Recipe files: those that ship with ganaug, by name, and any other by its path."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pipelines.errors import InputError, unknown_name

LIBRARY = Path(__file__).parent / "library"
"""The files that ship with ganaug: recipes, and searches, which have a table `[space]` as well."""

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


def _kind(path: Path) -> Kind:
    return "search" if "space" in read_tables(path) else "recipe"
