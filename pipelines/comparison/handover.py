"""From the arm that won to a classifier of all images."""

from collections.abc import Mapping
from pathlib import Path

from pipelines.comparison.instances import draw_instances
from pipelines.comparison.plan import plan_gans
from pipelines.comparison.run import train_gans
from pipelines.comparison.sizes import generator_size
from pipelines.data.choosing import ALL
from pipelines.data.sources import Source
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.executor import Executor
from pipelines.tasks.final import FinalTask


def train_final(
    recipe: Recipe, arm: str, source: Source, sizes: Mapping[str, int], executor: Executor
) -> Path:
    """Train an arm on all images of all splits; return its folder, relative to outputs.

    Parameters
    ----------
    recipe
        Whose arm it is.
    arm
        Its name.
    source
        The images.
    sizes
        Of each arm's images.
    executor
        Runs the tasks.
    """
    chosen, size = recipe.resolved_arms()[arm], sizes[arm]
    everything = {"protocol": "whole", "instances": 1, "per_class": ALL, "test_per_class": ALL}
    data = recipe.data.model_copy(update=everything)
    needed = {size, generator_size(recipe)} if chosen.generated else {size}
    drawn = draw_instances(source, data, executor.outputs, sorted(needed), tested=False)
    bank = None
    if chosen.generated:
        (folder,), _ = train_gans(plan_gans(drawn, recipe.gan, generator_size(recipe)), executor)
        bank = folder.as_posix()
    task = FinalTask(
        name=f"{recipe.name}-{arm}-final",
        instance=drawn[0].at[size].folder,
        arm=chosen.model_copy(update={"size": size}),
        bank=bank,
    )
    executor.run([task], "the classifier, on all images")
    return task.folder()
