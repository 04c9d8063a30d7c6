"""A comparison: draw instances, train the generators they need, train every arm."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.files import write_json
from pipelines import runtime
from pipelines.comparison.banks import TasksFailedError, said, train_gans
from pipelines.comparison.ensemble import vote_across
from pipelines.comparison.instances import Drawn, draw_instances, open_source
from pipelines.comparison.plan import plan_gans, plan_trainings
from pipelines.comparison.results import (
    ComparisonResult,
    FailedRun,
    GanRun,
    TrainRun,
    failures_of,
)
from pipelines.comparison.sizes import arm_sizes, generator_size, needed_sizes
from pipelines.data.overlap import overlap_of
from pipelines.data.sources import Source
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.executor import Executor, Failed
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
    """Run every task of ``recipe``; what is finished already is read from ``outputs``.

    What fails stands in the result, beside what does not.

    Raises
    ------
    InputError
        If every training failed.
    """
    clock = Clock()
    source = open_source(recipe.data)
    recipe = recipe.model_copy(update={"data": recipe.data.filled(source)})
    sizes, needed = arm_sizes(recipe, source), needed_sizes(recipe, source)
    drawn = draw_instances(source, recipe.data, outputs, needed, recipe.extra_real)
    check_models(recipe, sizes, len(drawn[0].record.classes))
    clock.lap("data")
    failed: list[FailedRun] = []
    with Executor(outputs, workers) as executor:
        banks, gans = _generators(recipe, drawn, executor, failed)
        if banks is not None:
            clock.lap("generators")
        trainings = _trainings(recipe, drawn, banks, sizes, executor, failed)
        votes, not_voted = vote_across(recipe, sizes, drawn, trainings, executor)
    clock.lap("classifiers")
    trainings, failed = [*trainings, *votes], [*failed, *not_voted]
    result = as_result(
        _tried(recipe, trainings),
        source,
        drawn,
        gans,
        trainings,
        command=command,
        seconds=clock.laps,
    )
    left = failures_of([*recipe.arms, *recipe.ensembles], failed, trainings)
    result = result.model_copy(update={"failed": failed, "left": left})
    identity = [result.recipe, [run.folder.as_posix() for run in trainings]]
    folder = outputs / run_folder("comparison", recipe.name, identity)
    write_json(folder / RESULT, result.model_dump(mode="json"))
    return Comparison(result, folder)


def _tried(recipe: Recipe, trainings: Sequence[TrainRun]) -> Recipe:
    """Return a recipe with the arms and ensembles of which something was trained."""
    names = {run.arm for run in trainings}
    arms = {name: arm for name, arm in recipe.arms.items() if name in names}
    votes = {name: one for name, one in recipe.ensembles.items() if name in names}
    return recipe.model_copy(update={"arms": arms, "ensembles": votes})


def _generators(
    recipe: Recipe, drawn: Sequence[Drawn], executor: Executor, failed: list[FailedRun]
) -> tuple[Sequence[Path | None] | None, list[GanRun]]:
    """Train the generators, and add those that fail to ``failed``."""
    try:
        return train_generators(recipe, drawn, generator_size(recipe), executor)
    except TasksFailedError as error:
        failed += error.failed
        return error.banks, [run for run in error.runs if isinstance(run, GanRun)]


def _trainings(
    recipe: Recipe,
    drawn: Sequence[Drawn],
    banks: Sequence[Path | None] | None,
    sizes: Mapping[str, int],
    executor: Executor,
    failed: list[FailedRun],
) -> list[TrainRun]:
    """Train the arms, and add those that fail to ``failed``."""
    try:
        return train_arms(recipe, drawn, banks, sizes, executor)
    except TasksFailedError as error:
        failed += error.failed
        if not error.runs:
            raise
        return [run for run in error.runs if isinstance(run, TrainRun)]


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
        arms=[*recipe.arms, *recipe.ensembles],
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
    banks: Sequence[Path | None] | None,
    sizes: Mapping[str, int],
    executor: Executor,
    title: str = "classifiers",
) -> list[TrainRun]:
    """Train every arm, at its size, on every instance; ``title`` stands before the progress bar.

    Raises
    ------
    TasksFailedError
        An arm fails on an instance, with one of its seeds or for want of generators; it then has
        no training there.
    """
    planned = plan_trainings(recipe, drawn, banks, sizes)
    results = executor.attempt([one.task for one in planned], title)
    failed = _without_generators(recipe, drawn, banks)
    runs = []
    for one, result in zip(planned, results, strict=True):
        place = {"instance": one.instance, "arm": one.arm}
        if isinstance(result, Failed):
            failed.append(FailedRun(**place, name=one.task.name, reason=result.reason))
        else:
            folder = one.task.folder()
            runs.append(TrainRun(**place, seed=one.seed, folder=folder, result=result))
    if failed:
        lost = {(one.instance, one.arm) for one in failed}
        kept = [run for run in runs if (run.instance, run.arm) not in lost]
        raise TasksFailedError(said(failed), kept, failed)
    return runs


def _without_generators(
    recipe: Recipe, drawn: Sequence[Drawn], banks: Sequence[Path | None] | None
) -> list[FailedRun]:
    """Return the trainings that cannot be, because a generator failed."""
    return [
        FailedRun(instance=index, arm=name, name=name, reason="a generator that it needs failed")
        for index, bank in enumerate(banks or ())
        if bank is None
        for name, arm in recipe.resolved_arms().items()
        if arm.generated and index < len(drawn)
    ]


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
