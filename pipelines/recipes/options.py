"""Settings as the command line takes them, for commands that repeat a run."""

import json
from pathlib import Path
from typing import Any

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


def as_options(prefix: str, values: dict[str, Any]) -> list[str]:
    """Return settings as words of a command.

    Parameters
    ----------
    prefix
        Stands before each name: `train.`, or nothing.
    values
        By name, as JSON has them.

    Examples
    --------
    >>> as_options("", {"skip_bad": True, "classes": "a, b", "size": None})
    ['--skip-bad', '--classes', 'a, b']
    """
    words: list[str] = []
    for key, value in values.items():
        option = f"--{prefix}{key}".replace("_", "-")
        if isinstance(value, dict):  # of a model, say, whose parameters keep their underscores
            words += [f"{option}.{name}={_written(one)}" for name, one in value.items()]
        elif isinstance(value, bool):
            words.append(option if value else f"--{prefix}no-{key}".replace("_", "-"))
        elif isinstance(value, list):
            words += [word for item in value for word in (option, str(item))]
        elif value is not None:
            words += [option, str(value)]
    return words


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
