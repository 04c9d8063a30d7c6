"""What an earlier `ganaug compare` under the same name was about, and whether that has changed."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from groundwork.names import slug
from pipelines.comparison.instances import Drawn
from pipelines.comparison.results import ComparisonResult
from pipelines.identity import digest
from pipelines.recipes.data import DataConfig
from pipelines.workspace import COMPARE, RESULT


def pictures_of(drawn: Sequence[Drawn]) -> str:
    """Return what stands for the pictures of the first instance, whatever their order."""
    first = drawn[0]
    return digest([sorted(first.train), sorted(first.test)])


def changes(outputs: Path, name: str, data: DataConfig, drawn: Sequence[Drawn]) -> str:
    """Say how the images differ from those of the last run under this name; empty if they do not.

    Parameters
    ----------
    outputs
        Where the earlier run was kept.
    name
        Of the data.
    data
        The settings of this run.
    drawn
        Its instances.
    """
    path = outputs / COMPARE / slug(name) / RESULT
    try:
        before = ComparisonResult.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):  # none, or of another version
        return ""
    if not before.pictures or before.pictures == pictures_of(drawn):
        return ""
    then, now = before.instances[0], drawn[0].record
    counts = [one.train_images + one.test_images for one in (then, now)]
    settings = before.recipe.get("data")
    source = settings.get("source") if isinstance(settings, dict) else None
    if source != data.source:
        return (
            f"{path.parent} holds what was found for {source}: it is replaced by what is found for "
            f"{data.source} (--outputs for another place)"
        )
    return (
        f"the images, or how they are divided, are not those of the last run in {path.parent} "
        f"({counts[0]} then, {counts[1]} now): what depends on them is trained anew"
    )
