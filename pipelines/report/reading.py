"""Find a finished study on disk."""

from pathlib import Path

from pydantic import ValidationError

from pipelines.errors import InputError
from pipelines.results import StudyResult


def read_study(folder: Path) -> StudyResult:
    """Read what a study left behind.

    Parameters
    ----------
    folder
        ``outputs/study/<name>-<hash>``.

    Raises
    ------
    InputError
        If there is no such folder, the study is not finished, or its result is damaged.
    """
    path = folder / "result.json"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"no finished study in {folder}: cannot read {path.name}; pass a folder under "
            f"outputs/study, as `ganaug classify` printed it"
        ) from error
    try:
        return StudyResult.model_validate_json(text)
    except ValidationError as error:
        raise InputError(
            f"{path} is damaged, of another version, or not the result of a study; pass a folder "
            f"under outputs/study, or run the study again"
        ) from error
