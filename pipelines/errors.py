"""What the command line prints as one line instead of a traceback."""

import difflib
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError

from groundwork.errors import LONGEST, InputError, first_line, shown, unknown_name, within

__all__ = [
    "InputError",
    "explain",
    "first_line",
    "renamed_option",
    "shown",
    "unknown_name",
    "within",
]

RENAMED = {
    "gan.adaptive": "ada_target",
    "gan.r1": "r1_weight",
    "gan.lecam": "lecam_weight",
    "mix.share": "fraction",
}
"""What keys of 0.1.0 are called now: see `CHANGELOG.md`."""
RENAMED_VALUES = {("strategy", "share"): "fraction", ("schedule", "lambda"): "inverse"}
"""The same of values, with the last part of their key."""


def explain(error: ValidationError, where: str, model: type[BaseModel] | None = None) -> str:
    """Turn pydantic's report of wrong settings into one line.

    Parameters
    ----------
    error
        What pydantic raised.
    where
        Where the settings were read, e.g. the recipe's file name.
    model
        The settings' model: with it, a misspelt key gets the closest names.

    Returns
    -------
    str
        ``where: key: what is allowed, received 'value'``, and how many more there are.
    """
    first, *others = error.errors(include_url=False)
    key = ".".join(str(part) for part in first["loc"])[:LONGEST]
    if first["type"] == "extra_forbidden":
        message = f"unknown key {key!r}{_now(RENAMED.get(key)) or _closest(first['loc'], model)}"
    else:
        reason = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
        ours = ", received " in reason or isinstance(first["input"], dict)
        message = f"{key}: {reason}" if key else reason
        message += "" if ours or not key else f", received {shown(first['input'])}"
        message += _now(RENAMED_VALUES.get((key.rpartition(".")[2], shown(first["input"])[1:-1])))
    more = f" (and {len(others)} more)" if others else ""
    return f"{where}: {message}{more}"


def renamed_option(option: str) -> str:
    """Say what an option of 0.1.0 is called now; empty if it is none.

    Examples
    --------
    >>> renamed_option("--mix.share"), renamed_option("--epochs")
    ("unknown option --mix.share; it is called '--mix.fraction' now", '')
    >>> renamed_option("--r1")  # of `ganaug gan`, whose options have no prefix
    "unknown option --r1; it is called '--r1-weight' now"
    """
    key = option.partition("=")[0].removeprefix("--").replace("-", "_")
    bare = f"gan.{key}" in RENAMED
    new = RENAMED.get(f"gan.{key}" if bare else key, "").replace("_", "-")
    prefix = "" if bare else f"{key.partition('.')[0]}."
    return f"unknown option {option}{_now(f'--{prefix}{new}')}" if new else ""


def _now(name: str | None) -> str:
    """Say what something that was renamed is called now."""
    return f"; it is called {name!r} now" if name else ""


def _closest(location: Iterable[int | str], model: type[BaseModel] | None) -> str:
    """Name the keys next to the misspelt last part of ``location``."""
    *parents, name = (str(part)[:LONGEST] for part in location)
    for parent in parents:
        field = model.model_fields.get(parent) if model else None
        annotation = field.annotation if field else None
        model = (
            annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel)
            else None
        )
    if model is None:
        return ""
    close = difflib.get_close_matches(name, model.model_fields, n=3)
    return (
        f"; did you mean {' or '.join(close)}?"
        if close
        else (f"; known: {', '.join(model.model_fields)}")
    )
