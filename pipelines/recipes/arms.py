"""What arms are made of: sweeps of one setting, which become arms, and settings taken back.

A sweep stands for the arms that differ from the base in one setting:

    [sweeps."train.learning_rate"]
    values = [0.01, 0.1]

are the arms "learning rate 0.01" and "learning rate 0.1", beside the arm "base".
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

from groundwork.settings import Settings
from pipelines.errors import InputError, explain, shown, unknown_name
from pipelines.recipes.files import merge, nest

BASE = "base"
"""The arm that changes nothing, in a file with sweeps and no arms of its own."""
DROP = "drop"
"""Key of an arm: the settings that it takes back."""
MOST_SWEEPS, MOST_VALUES = 100, 100
"""Of a file, and of a sweep; each value is an arm."""

Value = bool | int | float | str


class NothingToDropError(InputError):
    """An arm takes back what there is not."""


class Sweep(Settings):
    """Values of one setting, each an arm."""

    key: str = ""
    """Dotted, as `train.learning_rate`; by default the name of the sweep's table."""
    values: Annotated[list[Value], Field(min_length=1, max_length=MOST_VALUES)]
    """One an arm; that of the base need not be among them, for the base is an arm."""
    name: str = ""
    """What the arms' names begin with; by default the last part of the key, in words."""
    also: dict[str, Any] = {}
    """What else these arms change, the same in each, as an arm says it."""

    @field_validator("values")
    @classmethod
    def _each_once(cls, values: list[Value]) -> list[Value]:
        if len({str(value) for value in values}) < len(values):
            raise ValueError("give each value once")
        return values

    def arms(self) -> dict[str, dict[str, Any]]:
        """Return the arms by name, in the order of the values.

        Examples
        --------
        >>> Sweep(key="train.batch", values=[8, 16]).arms()
        {'batch 8': {'train': {'batch': 8}}, 'batch 16': {'train': {'batch': 16}}}
        """
        name = self.name or self.key.rpartition(".")[2].replace("_", " ")
        return {
            f"{name} {self._said(value)}": merge(self.also, nest({self.key: value}))
            for value in self.values
        }

    @staticmethod
    def _said(value: Value) -> str:
        """Return a value as a file writes it."""
        return str(value).lower() if isinstance(value, bool) else str(value) or "none"


def expanded(tables: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the tables of a recipe with its sweeps turned into arms, behind its own.

    Parameters
    ----------
    tables
        As the file holds them.
    where
        The file, for messages.

    Raises
    ------
    InputError
        A sweep is none, or an arm of one has the name of another arm.
    """
    own = dict(tables)
    sweeps = own.pop("sweeps", None)
    if sweeps is None:
        return own
    if not isinstance(sweeps, Mapping) or not 1 <= len(sweeps) <= MOST_SWEEPS:
        raise InputError(
            f"{where}: sweeps: 1 to {MOST_SWEEPS} tables, such as "
            f'[sweeps."train.batch"], received {shown(str(sweeps))}'
        )
    arms = own.get("arms", {BASE: {}})
    if not isinstance(arms, Mapping):
        return own  # which the check of the arms says
    arms = dict(arms)
    for key, table in sweeps.items():
        for name, arm in _sweep(key, table, where).arms().items():
            if name in arms:
                raise InputError(f"{where}: sweeps.{key}: there is an arm {name!r} already")
            arms[name] = arm
    return own | {"arms": arms}


def _sweep(key: str, table: Any, where: str) -> Sweep:
    named = {"key": key, **table} if isinstance(table, Mapping) else table
    try:
        return Sweep.model_validate(named)
    except ValidationError as error:
        raise InputError(explain(error, f"{where}: sweeps.{key}", Sweep)) from error


def over_base(base: Mapping[str, Any], arm: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an arm: the base's, less those that it drops, and its own over them.

    Parameters
    ----------
    base
        Tables of settings, the defaults filled in.
    arm
        What the arm changes; `drop` lists dotted keys that go back to their defaults, which a file
        may have no word for.

    Raises
    ------
    NothingToDropError
        If it drops what there is not.

    Examples
    --------
    >>> over_base({"train": {"batch": 8, "epochs": 3}}, {"drop": ["train.batch"], "size": 32})
    {'train': {'epochs': 3}, 'size': 32}
    """
    own = dict(arm)
    dropped = own.pop(DROP, [])
    if not isinstance(dropped, list) or not all(isinstance(key, str) for key in dropped):
        said = f"drop: a list of settings, such as ['augment'], received {shown(str(dropped))}"
        raise NothingToDropError(said)
    for key in dropped:
        base = _without(base, key.split("."), key)
    return merge(base, own)


def _without(table: Mapping[str, Any], parts: Sequence[str], key: str) -> dict[str, Any]:
    """Return a table without one setting."""
    name, *rest = parts
    if name not in table:
        raise NothingToDropError(str(unknown_name("setting to drop", key, [*table])))
    kept = dict(table)
    if not rest:
        del kept[name]
    elif isinstance(table[name], Mapping):
        kept[name] = _without(table[name], rest, key)
    else:
        raise NothingToDropError(f"drop: {key!r}: {name!r} is a setting, not a table of them")
    return kept
