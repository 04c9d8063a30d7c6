"""Past runs, read back from an outputs folder in a few words each.

What is read is read loosely, for results of older versions, and those that were damaged, are to be
listed beside the others.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from groundwork.names import few
from groundwork.settings import Result
from pipelines.statistics.choosing import leader
from pipelines.workspace import CLASSIFIER, COMPARE, MODEL, RESULT

State = Literal["finished", "unfinished", "damaged"]
DEEP_OR_LARGE = (RecursionError, ArithmeticError)
"""What JSON may hold that no run of ours wrote: 20,000 brackets, or 400 digits."""
_Read = Callable[[Path, Any], tuple[str, str]]


class PastRun(Result):
    """A run."""

    when: datetime
    """When its result was written, with the zone of this machine; of an unfinished one, when its
    folder changed."""
    command: str
    """The verb of `ganaug` that made it."""
    name: str
    """Of the data, the recipe or the search, or the classes of generators."""
    outcome: str
    """What came out, in a few words."""
    state: State
    folder: Path
    classifier: Path | None = None
    """Folder of the classifier that was handed over."""


def past_runs(outputs: Path) -> list[PastRun]:
    """Return all runs in an outputs folder, newest first.

    Parameters
    ----------
    outputs
        As `pipelines.workspace` lays it out.
    """
    found = []
    for kind, (verb, read) in _KINDS.items():
        for folder in sorted((outputs / kind).glob("*/")):
            if not folder.name.startswith("."):
                found.append(_past(folder, verb, read))
    for folder in sorted((outputs / "bank").glob("*/")):
        if not folder.name.startswith("."):
            found.append(_bank(folder))
    return sorted(found, key=lambda run: run.when, reverse=True)


def _past(folder: Path, verb: str, read: _Read) -> PastRun:
    path, state, name = folder / RESULT, "finished", folder.name
    try:
        name, outcome = read(folder, json.loads(path.read_text(encoding="utf-8")))
        if not isinstance(name, str):
            raise TypeError("a name is a text")
    except FileNotFoundError:
        state, outcome = "unfinished", "unfinished: the same command goes on with it"
    except (OSError, ValueError, LookupError, TypeError, AttributeError, *DEEP_OR_LARGE):
        name = folder.name
        state, outcome = "damaged", f"damaged, or of another version: {RESULT} cannot be read"
    classifier = folder / CLASSIFIER
    whole = (classifier / MODEL).is_file() and (classifier / RESULT).is_file()
    return PastRun(
        when=_changed(path if path.exists() else folder),
        command=verb,
        name=name,
        outcome=outcome,
        state=state,
        folder=folder,
        classifier=classifier if whole else None,
    )


def _compared(folder: Path, result: Any) -> tuple[str, str]:
    """Return the name of a comparison, and its best arm."""
    found: dict[str, dict[int, list[float]]] = {}
    for run in result["trainings"]:
        own = found.setdefault(run["arm"], {}).setdefault(run["instance"], [])
        own.append(float(run["result"]["scores"]["accuracy"]))
    means = {
        arm: {instance: float(np.mean(values)) for instance, values in own.items()}
        for arm, own in found.items()
    }
    best = leader(means)
    on = f"{len(means[best])} instance{'s' * (len(means[best]) > 1)}"
    chosen = f"best of {len(means)} on {on}"
    words = f"“{best}” {100 * np.mean(list(means[best].values())):.1f} %, {chosen}"
    if announced := result.get("announced"):  # what it won with flatters
        accuracy, low, high = (100 * float(value) for value in announced)
        words = f"“{best}”, {chosen}: {accuracy:.1f} % to expect ({low:.1f} to {high:.1f})"
    name = folder.name if folder.parent.name == COMPARE else result["name"]
    source = result["recipe"]["data"]["source"]
    return (
        name if folder.parent.name == COMPARE else f"{name}: {Path(source).name or source}",
        words,
    )


def _searched(folder: Path, result: Any) -> tuple[str, str]:
    """Return the name of a search, and its best score."""
    minimised = result["settings"]["tune"]["objective"] == "kid"
    scored = [trial for trial in result["trials"] if trial["scores"]]
    count = f"{len(result['trials'])} trials"
    if not scored:
        return result["name"], f"{count}, all failed"
    # As `SearchResult.ranked`: only trials of the largest budget are comparable.
    most = max(trial.get("budget") or 0 for trial in scored)
    means = [
        float(np.mean(trial["scores"])) for trial in scored if (trial.get("budget") or 0) == most
    ]
    best = f"KID {min(means):.3f}" if minimised else f"{100 * max(means):.1f} % in its folds"
    return result["name"], f"best of {count}: {best}"


def _bank(folder: Path) -> PastRun:
    """Return what is known of a bank, which appears whole: it has no result of its own."""
    classes = sorted(path.name.partition("-")[2] for path in folder.glob("[0-9]*-*/"))
    state: State = "finished" if classes else "damaged"
    several = f"{len(classes)} generators" if len(classes) != 1 else "1 generator"
    return PastRun(
        when=_changed(folder),
        command="gan",
        name=few(classes) or folder.name,
        outcome=several if classes else "damaged: it holds no generator",
        state=state,
        folder=folder,
    )


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone()


_KINDS: dict[str, tuple[str, _Read]] = {
    COMPARE: ("compare", _compared),
    "comparison": ("classify", _compared),
    "tune": ("tune", _searched),
}
