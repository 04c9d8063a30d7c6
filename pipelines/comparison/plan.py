"""The tasks of a comparison: one a generator, one an arm and seed on each instance."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipelines.comparison.instances import Drawn
from pipelines.data.images import EVERY_CLASS
from pipelines.identity import digest
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.recipe import Arm, Recipe
from pipelines.tasks.gan import GanTask
from pipelines.tasks.train import TrainTask
from pipelines.workspace import run_folder

NEXT_SEED = 100_000
"""Between the seeds of an arm's trainings on one instance; instances count up by one, and the
members of an ensemble by a thousand."""


class Planned(NamedTuple):
    """A training of a comparison: which instance, which arm, which of its seeds, and the task."""

    instance: int
    arm: str
    seed: int
    task: TrainTask


def plan_gans(drawn: Sequence[Drawn], config: GeneratorConfig, size: int) -> list[list[GanTask]]:
    """Return the tasks that train generators of images of some size, instance by instance."""
    planned = []
    for one in drawn:
        own = config.model_copy(update={"seed": config.seed + one.record.seed})
        labels = range(len(one.record.classes)) if config.scope == "class" else [None]
        planned.append([_plan_gan(one, label, own, size) for label in labels])
    return planned


def _plan_gan(one: Drawn, label: int | None, config: GeneratorConfig, size: int) -> GanTask:
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
    banks: Sequence[Path | None] | None,
    sizes: Mapping[str, int],
) -> list[Planned]:
    """Return the trainings: every arm, at its size, on every instance, once a seed.

    Where the bank of an instance is None, its arms that need one are left out.
    """
    return [
        Planned(index, name, seed, _plan_training(recipe, name, arm, one, sizes[name], seed, bank))
        for index, one in enumerate(drawn)
        for name, arm in recipe.resolved_arms().items()
        for bank in [banks[index] if arm.generated and banks else None]
        if bank or not (arm.generated and banks)
        for seed in range(recipe.seeds)
    ]


def _plan_training(
    recipe: Recipe, name: str, arm: Arm, one: Drawn, size: int, seed: int, bank: Path | None
) -> TrainTask:
    images = one.at[size]
    train = arm.train.model_copy(
        update={"seed": arm.train.seed + one.record.seed + NEXT_SEED * seed}
    )
    return TrainTask(
        name=f"{recipe.name}-{name}-{one.record.seed}" + (f"-{seed}" if seed else ""),
        instance=images.folder,
        arm=arm.model_copy(update={"train": train, "size": size}),
        bank=bank.as_posix() if bank else None,
        further=images.further if arm.mix.extra_real else None,
    )
