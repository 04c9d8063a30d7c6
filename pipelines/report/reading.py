"""Find a finished comparison on disk, and what of it was tested."""

from pathlib import Path

from pydantic import ValidationError

from groundwork.files import read_json
from pipelines.comparison.results import ComparisonResult
from pipelines.errors import InputError
from pipelines.report.table import results
from pipelines.statistics.choosing import leader
from pipelines.workspace import CLASSIFIER, COMPARE, CONFIG, MODEL, RESULT


def read_comparison(folder: Path) -> ComparisonResult:
    """Read what a comparison left behind.

    Parameters
    ----------
    folder
        ``outputs/comparison/<name>-<hash>``.

    Raises
    ------
    InputError
        If there is no such folder, the comparison is not finished, or its result is damaged.
    """
    path = folder / RESULT
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"no finished comparison in {folder}: cannot read {path.name}; pass a folder under "
            f"outputs/comparison, as `ganaug classify` printed it"
        ) from error
    try:
        return ComparisonResult.model_validate_json(text)
    except ValidationError as error:
        raise InputError(
            f"{path} is damaged, of another version, or not the result of a comparison; pass a "
            f"folder under outputs/comparison, or run it again"
        ) from error


def tested_instead(classifier: Path) -> Path | None:
    """Return the tested training of the arm whose classifier of all images was handed over.

    That of the first instance; of a vote, that of its first member.

    Parameters
    ----------
    classifier
        ``outputs/compare/<name>/classifier``; of any other folder there is none, and it is None.

    Raises
    ------
    InputError
        If the comparison beside it cannot be read.
    """
    home = classifier.resolve().parent
    if classifier.resolve().name != CLASSIFIER or home.parent.name != COMPARE:
        return None
    comparison = read_comparison(home)
    winner = leader({arm.name: arm.final for arm in results(comparison).arms})
    runs = [run for run in comparison.trainings if run.arm == winner]
    outputs = home.parent.parent
    folder = outputs / min(runs, key=lambda run: (run.instance, run.seed)).folder
    if (folder / MODEL).is_file():
        return folder
    # A vote keeps answers, and no classifier: its first member is one.
    members = read_json(folder / CONFIG).get("members") or [folder.name]
    return folder.parent / str(members[0])
