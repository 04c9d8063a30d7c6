"""The recipe that a search ends with: its best setting, compared with the untuned one."""

from pathlib import Path

import tomli_w

from groundwork.files import replacing
from pipelines.recipes.data import INSTANCES
from pipelines.recipes.search import Search
from pipelines.tuning.results import TrialRecord


def write_recipe(search: Search, best: TrialRecord, target: Path, header: str, size: int) -> Path:
    """Write a recipe that compares the untuned setting with the best one.

    It draws other instances than those that were tuned on.

    Parameters
    ----------
    header
        Comment lines above it, without their ``#``.
    size
        Side of the images of every trial, in pixels: both arms see them at this one, whatever size
        suits the model, or the generators, that the best setting happens to have.
    """
    tables = search.recipe_of(best.values)
    data = search.recipe.data
    tables.setdefault("data", {})["seed"] = data.seed + (data.instances or INSTANCES)
    if search.tune.objective == "accuracy":
        tables["data"]["size"] = size
        tables.pop("size", None)
    tables["name"] = f"{search.recipe.name}-tuned"
    comment = "".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())
    with replacing(target) as part:
        part.write_text(f"{comment}\n{tomli_w.dumps(tables)}", encoding="utf-8")
    return target
