"""Where the classifier lies that a person means: by its folder, its run's, or `latest`."""

from pathlib import Path

from groundwork.files import as_path
from pipelines.errors import InputError
from pipelines.workspace import CLASSIFIER, COMPARE, MODEL, RESULT

LATEST = "latest"
"""The word for the newest classifier; a folder of that name is `./latest`."""
HINT = "give a folder outputs/compare/… or outputs/train/…, or `latest` (`ganaug list` names them)"


def find_classifier(named: Path | str, outputs: Path) -> Path:
    """Return the folder of a classifier, with `model.keras` and `result.json` in it.

    Parameters
    ----------
    named
        That folder; the folder of a run of `ganaug compare`, which holds it as `classifier`; a
        file in one of these, such as `report.html`; or `latest`: the newest classifier that
        `ganaug compare` has handed over.
    outputs
        Where `latest` is looked for.

    Raises
    ------
    InputError
        If there is none.
    """
    if str(named) == LATEST:
        return _latest(outputs)
    path = as_path(named)
    if not path.exists():
        raise InputError(f"--model {path}: there is no such folder; {HINT}")
    folder = path.parent if path.is_file() else path
    for found in (folder, folder / CLASSIFIER):
        if (found / MODEL).is_file() and (found / RESULT).is_file():
            return found
    missing = f"no {RESULT} beside its {MODEL}" if (folder / MODEL).is_file() else f"no {MODEL}"
    raise InputError(f"{folder} holds no finished training ({missing}): {HINT}")


def handed_over(outputs: Path) -> list[Path]:
    """Return the folders of the classifiers that `ganaug compare` handed over, newest first."""
    results = (outputs / COMPARE).glob(f"*/{CLASSIFIER}/{RESULT}")
    return [path.parent for path in sorted(results, key=_changed, reverse=True)]


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def _latest(outputs: Path) -> Path:
    found = [folder for folder in handed_over(outputs) if (folder / MODEL).is_file()]
    if not found:
        raise InputError(
            f"--model {LATEST}: no classifier lies in {outputs / COMPARE}; run `ganaug compare` "
            "first, or say with --outputs where it wrote"
        )
    return found[0]
