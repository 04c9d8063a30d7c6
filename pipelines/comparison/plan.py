"""The tasks of a comparison: one a generator, one an arm on each instance."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ganaug.config import GanConfig
from pipelines.comparison.instances import Drawn
from pipelines.data.images import EVERY_CLASS
from pipelines.identity import digest
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.gan import GanTask
from pipelines.tasks.train import TrainTask
from pipelines.workspace import run_folder


def plan_gans(drawn: Sequence[Drawn], config: GanConfig, size: int) -> list[list[GanTask]]:
    """Return the tasks that train generators of images of some size, instance by instance."""
    planned = []
    for one in drawn:
        own = config.model_copy(update={"seed": config.seed + one.record.seed})
        labels = range(len(one.record.classes)) if config.scope == "class" else [None]
        planned.append([_plan_gan(one, label, own, size) for label in labels])
    return planned


def _plan_gan(one: Drawn, label: int | None, config: GanConfig, size: int) -> GanTask:
    digests = one.at[size].class_digests
    return GanTask(
        name=f"{EVERY_CLASS if label is None else one.record.classes[label]}-{one.record.seed}",
        instance=one.at[size].folder,
        label=label,
        images=digest(digests) if label is None else digests[label],
        config=config,
    )


def bank_folder(tasks: Sequence[GanTask]) -> Path:
    """Return the folder of the bank that gathers the generators of ``tasks``."""
    members = [task.folder().as_posix() for task in tasks]
    names = "-".join(task.name.rpartition("-")[0] for task in tasks[:4])
    return run_folder("bank", names, members)


def plan_trainings(
    recipe: Recipe,
    drawn: Sequence[Drawn],
    banks: Sequence[Path] | None,
    sizes: Mapping[str, int],
) -> list[tuple[int, str, TrainTask]]:
    """Return (instance, arm, task) for every arm, at its size, on every instance."""
    planned = []
    for index, one in enumerate(drawn):
        for name, arm in recipe.resolved_arms().items():
            images = one.at[sizes[name]]
            train = arm.train.model_copy(update={"seed": arm.train.seed + one.record.seed})
            bank = banks[index].as_posix() if arm.generated and banks else None
            task = TrainTask(
                name=f"{recipe.name}-{name}-{one.record.seed}",
                instance=images.folder,
                arm=arm.model_copy(update={"train": train, "size": sizes[name]}),
                bank=bank,
                further=images.further if arm.mix.extra_real else None,
            )
            planned.append((index, name, task))
    return planned
