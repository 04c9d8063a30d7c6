"""From the arm that won to a classifier of all images."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.comparison.banks import train_gans
from pipelines.comparison.instances import draw_instances
from pipelines.comparison.plan import plan_gans
from pipelines.comparison.sizes import generator_size
from pipelines.data.choosing import ALL
from pipelines.data.instances import choose_classes
from pipelines.data.sources import Source
from pipelines.recipes.data import DataConfig
from pipelines.recipes.recipe import Arm, Recipe
from pipelines.tasks.executor import Executor
from pipelines.tasks.final import FinalTask, JoinTask


def of_some_classes(data: DataConfig, source: Source) -> DataConfig:
    """Return which images, of the same classes in every instance: those of the first.

    Where a number of classes is asked for, each draw has others, but a classifier tells some of
    them apart: what it is worth is not to be seen on others.
    """
    drawn = data.design(source).classes
    if data.protocol != "draws" or not isinstance(drawn, int):
        return data
    names = source.train.class_names
    chosen = [names[label] for label in choose_classes(source, data.seed, drawn)]
    return data.model_copy(update={"classes": _joined(chosen)})


def final_data(data: DataConfig, source: Source) -> DataConfig:
    """Return which images the classifier that is handed over is trained on.

    All of the source; of a data set with a name, from which a few images are drawn as if one had no
    more, as many as those of one instance, for training and for testing, as far as there are.
    """
    drawn, tested = data.per_class, data.test_per_class
    few = data.protocol == "draws" and not source.own
    if few and isinstance(drawn, int) and isinstance(tested, int):
        labels = choose_classes(source, data.seed, data.design(source).classes)
        there = int(source.train.counts()[labels].min())
        return data.model_copy(
            update={
                "instances": 1,
                "per_class": max(drawn, min(drawn + tested, there)),
                "test_per_class": 0,
            }
        )
    everything = {"protocol": "whole", "instances": 1, "per_class": ALL, "test_per_class": ALL}
    return data.model_copy(update=everything)


def final_images(data: DataConfig, source: Source) -> int:
    """Return how many images that is, about."""
    known = final_data(data, source)
    if isinstance(known.per_class, int):
        chosen = known.design(source).classes
        return known.per_class * (chosen if isinstance(chosen, int) else len(chosen))
    return sum(len(pool) for pool in source.splits.values())


def watched(arm: Arm, data: DataConfig, source: Source) -> Arm:
    """Return an arm that stops and slows down by validation images, if it was tested so.

    Those that the instances set apart are trained on where all images are; as many as there were
    beside the training images are left out of them.
    """
    train = arm.train
    asks = train.patience or train.schedule == "plateau"
    if not asks or train.probe or train.folds or train.validation or arm.mix.strategy == "dada":
        return arm
    training, watching = float(len(source.train)), 0.0
    if data.protocol == "shares":
        training, watching, _ = data.shares
    elif data.protocol == "split" and data.own_validation and source.valid is not None:
        watching = len(source.valid)
    if not watching:
        return arm
    fraction = min(watching / (training + watching), 0.5)
    return arm.model_copy(update={"train": train.model_copy(update={"validation": fraction})})


def train_final(
    recipe: Recipe,
    arms: Sequence[str],
    source: Source,
    sizes: Mapping[str, int],
    executor: Executor,
) -> Path:
    """Train an arm on all images of all splits, or several that vote.

    Parameters
    ----------
    recipe
        Whose arms they are.
    arms
        Their names; several see images of one size.
    source
        The images.
    sizes
        Of each arm's images.
    executor
        Runs the tasks.

    Returns
    -------
    Path
        The folder of the classifier, relative to outputs.
    """
    every = recipe.resolved_arms()
    chosen = {arm: watched(every[arm], recipe.data, source) for arm in arms}
    generated = any(arm.generated for arm in chosen.values())
    data = final_data(recipe.data, source)
    needed = {sizes[arm] for arm in arms} | ({generator_size(recipe)} if generated else set())
    drawn = draw_instances(source, data, executor.outputs, sorted(needed), tested=False)
    bank = None
    if generated:
        (folder,), _ = train_gans(plan_gans(drawn, recipe.gan, generator_size(recipe)), executor)
        bank = folder.as_posix()
    tasks = [
        FinalTask(
            name=f"{recipe.name}-{name}-final",
            instance=drawn[0].at[sizes[name]].folder,
            arm=arm.model_copy(update={"size": sizes[name]}),
            bank=bank if arm.generated else None,
        )
        for name, arm in chosen.items()
    ]
    executor.run(tasks, "the classifier, on all images")
    if len(tasks) == 1:
        return tasks[0].folder()
    join = JoinTask(
        name=f"{recipe.name}-ensemble-final",
        instance=tasks[0].instance,
        members=tuple(task.folder().name for task in tasks),
        arms=tuple(chosen),
    )
    executor.run([join], "their vote")
    return join.folder()


def _joined(names: Sequence[str]) -> str:
    """Return names as `parse_classes` reads them."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()
