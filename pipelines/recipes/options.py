"""Settings as the command line takes them, for commands that repeat a run."""

import json
from collections.abc import Collection
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

OUTPUTS = Path("outputs")
"""Where commands write that are not told where."""


def outputs_option(outputs: Path) -> list[str]:
    """Return the words that say where a command writes; without them it would find nothing there.

    Examples
    --------
    >>> outputs_option(Path("elsewhere")), outputs_option(Path("outputs"))
    (['--outputs', 'elsewhere'], [])
    """
    return [] if outputs == OUTPUTS else ["--outputs", str(outputs)]


def as_options(prefix: str, table: BaseModel, *, but: Collection[str] = ()) -> list[str]:
    """Return the settings that were given when a table was made, as words of a command.

    Parameters
    ----------
    prefix
        Stands before each name: `train.`, or nothing.
    table
        What counts is what it was made with; None says nothing that a command could.
    but
        Names of settings that the command says elsewhere.

    Examples
    --------
    >>> class Table(BaseModel):
    ...     skip_bad: bool = False
    ...     shares: tuple[int, int] = (9, 1)
    ...     at: tuple[int, ...] = ()
    ...     name: str | None = None
    >>> as_options("", Table(skip_bad=True, shares=(8, 2), at=(1, 2), name="-x"))
    ['--skip-bad', '--shares', '8', '2', '--at', '1', '--at', '2', '--name=-x']
    """
    words: list[str] = []
    given = table.model_dump(mode="json", exclude_unset=True, exclude=set(but))
    for key, value in given.items():
        option = f"--{prefix}{key}".replace("_", "-")
        if isinstance(value, dict):  # of a model, say, whose parameters keep their underscores
            words += [f"{option}.{name}={_written(one)}" for name, one in value.items()]
        elif isinstance(value, bool):
            words.append(option if value else _negated("no", prefix, key))
        elif isinstance(value, list) and not value:
            words.append(_negated("empty", prefix, key))
        elif isinstance(value, list) and _has_a_length(type(table).model_fields[key].annotation):
            words += [option, *map(str, value)]
        elif isinstance(value, list):
            words += [word for item in value for word in said(option, item)]
        elif value is not None:
            words += said(option, value)
    return words


def said(option: str, value: Any) -> list[str]:
    """Return an option and its value as words, which is one where the value looks like an option.

    Examples
    --------
    >>> said("--add", "a b"), said("--add", "-b")
    (['--add', 'a b'], ['--add=-b'])
    """
    text = str(value)
    return [f"{option}={text}"] if text.startswith("-") else [option, text]


def _negated(how: str, prefix: str, key: str) -> str:
    return f"--{prefix}{how}-{key}".replace("_", "-")


def _has_a_length(annotation: Any) -> bool:
    """Tell whether values are tuples of one length, which a command line wants side by side."""
    if get_origin(annotation) in (Union, UnionType):
        return any(map(_has_a_length, get_args(annotation)))
    return get_origin(annotation) is tuple and Ellipsis not in get_args(annotation)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
