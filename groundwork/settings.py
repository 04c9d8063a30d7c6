"""The frozen base of settings, which people write, and of results, which programs read."""

import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from groundwork.errors import InputError

MOST_SEED = 2**30
"""The largest seed: what is counted up from it stays below 2**31, which every library takes."""
MOST_NUMBER = 1e12
"""The largest number in a table whose keys are those of a library."""
LONGEST_TEXT = 10_000
"""Letters of a value: a name of a thousand classes, and a line that a person can still read."""
DEEPEST = 8
"""Tables within tables."""

Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]
Fraction = Annotated[float, Field(ge=0, le=1)]

_FROZEN = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Settings(BaseModel):
    """Base of every table of settings: frozen, and a misspelt key is an error.

    Every number has a lower and an upper bound (`tests/faults/test_fuzz_settings.py` looks for
    one that has not), is finite, and a text is one that can be a part of a command.
    """

    model_config = _FROZEN | ConfigDict(allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _can_be_meant(cls, values: Any) -> Any:
        """Refuse what no field wants, before a message or a library chokes on it."""
        for key, value in _leaves(values, ""):
            if problem := _problem(value):
                raise InputError(f"{key}: {problem}" if key else problem)
        return values


class Result(BaseModel):
    """A record that is written once and read by reports and comparisons."""

    model_config = _FROZEN


def _leaves(value: Any, key: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield every value in tables and lists, with its dotted key."""
    if depth > DEEPEST:
        raise InputError(
            f"{key[:80]}…: tables in tables, more than {DEEPEST} deep; write them flat"
        )
    if isinstance(value, dict):
        for name, one in value.items():
            yield "", name  # keys are texts, too
            yield from _leaves(one, f"{key}.{name}" if key else str(name), depth + 1)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one, key, depth + 1)
    else:
        yield key, value


def _problem(value: Any) -> str:
    """Say why nobody can mean a value; empty if somebody can."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"should be a finite number, received {value}"
    if isinstance(value, int | float) and abs(value) > MOST_NUMBER:
        shown = f"{value:.0e}" if abs(value) < 10**300 else "one of more than 300 digits"
        return f"should be a number of at most {MOST_NUMBER:.0e}, received {shown}"
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"should be a text of at most {LONGEST_TEXT:,} letters, received {len(value):,}"
    if isinstance(value, str) and "\0" in value:
        return f"should be a text without NUL characters, received {value[:80]!r}"
    return ""
