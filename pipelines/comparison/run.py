"""A comparison: draw instances, train the generators they need, train every arm."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganaug.bank.bank import Bank
from groundwork.files import write_json
from pipelines import runtime
from pipelines.comparison.instances import Drawn, draw_instances, open_source
from pipelines.comparison.plan import bank_folder, plan_gans, plan_trainings
from pipelines.comparison.results import ComparisonResult, GanRun, TrainRun
from pipelines.comparison.sizes import arm_sizes, generator_size, needed_sizes
from pipelines.data.overlap import overlap_of
from pipelines.data.sources import Source
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.executor import Executor
from pipelines.tasks.gan import GanTask
from pipelines.training.checks import check_models
from pipelines.workspace import RESULT, run_folder


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes
    ----------
    result
        Every result, arm by arm and instance by instance.
    folder
        Where it is written, as `result.json`.
    """

    result: ComparisonResult
    folder: Path


def run_comparison(recipe: Recipe, outputs: Path, *, workers: int, command: str) -> Comparison:
    """Run every task of ``recipe``; what is finished already is read from ``outputs``."""
    clock = Clock()
    source = open_source(recipe.data)
    recipe = recipe.model_copy(update={"data": recipe.data.filled(source)})
    sizes, needed = arm_sizes(recipe, source), needed_sizes(recipe, source)
    drawn = draw_instances(source, recipe.data, outputs, needed, recipe.extra_real)
    check_models(recipe, sizes, len(drawn[0].record.classes))
    clock.lap("data")
    with Executor(outputs, workers) as executor:
        banks, gans = train_generators(recipe, drawn, generator_size(recipe), executor)
        if banks is not None:
            clock.lap("generators")
        trainings = train_arms(recipe, drawn, banks, sizes, executor)
    clock.lap("classifiers")
    result = as_result(recipe, source, drawn, gans, trainings, command=command, seconds=clock.laps)
    identity = [result.recipe, [run.folder.as_posix() for run in trainings]]
    folder = outputs / run_folder("comparison", recipe.name, identity)
    write_json(folder / RESULT, result.model_dump(mode="json"))
    return Comparison(result, folder)


def as_result(
    recipe: Recipe,
    source: Source,
    drawn: Sequence[Drawn],
    gans: list[GanRun],
    trainings: list[TrainRun],
    *,
    command: str,
    seconds: dict[str, float],
) -> ComparisonResult:
    """Return what a comparison has found, in a form that can be written to a file."""
    return ComparisonResult(
        name=recipe.name,
        title=recipe.title,
        command=command,
        machine=runtime.machine(),
        source="; ".join([source.name, *source.found(needed_sizes(recipe, source))]),
        seconds=seconds,
        recipe=recipe.model_dump(mode="json"),
        published=recipe.published,
        instances=[one.record for one in drawn],
        overlap=overlap_of([(one.train, one.test) for one in drawn]),
        arms=list(recipe.arms),
        gans=gans,
        trainings=trainings,
    )


def train_generators(
    recipe: Recipe, drawn: Sequence[Drawn], size: int, executor: Executor
) -> tuple[list[Path] | None, list[GanRun]]:
    """Train the generators that the arms need, at some size; None where no arm needs any."""
    if not recipe.needs_generators:
        return None, []
    return train_gans(plan_gans(drawn, recipe.gan, size), executor)


def train_arms(
    recipe: Recipe,
    drawn: Sequence[Drawn],
    banks: Sequence[Path] | None,
    sizes: Mapping[str, int],
    executor: Executor,
    title: str = "classifiers",
) -> list[TrainRun]:
    """Train every arm, at its size, on every instance; ``title`` stands before the progress bar."""
    planned = plan_trainings(recipe, drawn, banks, sizes)
    results = executor.run([one.task for one in planned], title)
    return [
        TrainRun(
            instance=one.instance,
            arm=one.arm,
            seed=one.seed,
            folder=one.task.folder(),
            result=result,
        )
        for one, result in zip(planned, results, strict=True)
    ]


def train_gans(
    tasks: Sequence[Sequence[GanTask]], executor: Executor
) -> tuple[list[Path], list[GanRun]]:
    """Train the generators and gather those of each instance in a bank."""
    outputs = executor.outputs
    flat = [(index, task) for index, group in enumerate(tasks) for task in group]
    results = executor.run([task for _, task in flat], "generators")
    banks = []
    for group in tasks:
        folder = bank_folder(group)
        if not (outputs / folder).is_dir():
            Bank.assemble(outputs / folder, _class_folders(group, outputs))
        banks.append(folder)
    runs = [
        GanRun(instance=index, folder=task.folder(), result=result)
        for (index, task), result in zip(flat, results, strict=True)
    ]
    return banks, runs


def _class_folders(tasks: Sequence[GanTask], outputs: Path) -> list[Path]:
    """Return the folders with a `generator.keras` each, in the order of their labels."""
    if tasks[0].config.scope != "conditional":
        return [outputs / task.folder() for task in tasks]
    folders = (outputs / tasks[0].folder()).glob("[0-9]*-*")
    return sorted(folders, key=lambda folder: int(folder.name.partition("-")[0]))


class Clock:
    """Wall time by part."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, part: str) -> None:
        """Note the seconds since the last lap under a name."""
        now = time.perf_counter()
        self.laps[part] = round(now - self._last, 1)
        self._last = now
