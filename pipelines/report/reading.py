"""Find a finished comparison on disk."""

from pathlib import Path

from pydantic import ValidationError

from pipelines.comparison.results import ComparisonResult
from pipelines.errors import InputError
from pipelines.workspace import RESULT


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
