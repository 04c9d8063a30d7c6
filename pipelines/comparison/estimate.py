"""What a comparison would run, how much is done, what the rest would cost, what it could find."""

import json
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.comparison.instances import draw_instances, open_source
from pipelines.comparison.outlook import outlook
from pipelines.comparison.plan import bank_folder, plan_gans, plan_trainings
from pipelines.comparison.sizes import arm_sizes, generator_size, needed_sizes
from pipelines.data.overlap import overlap_of
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.base import Task
from pipelines.workspace import RESULT


@dataclass(frozen=True)
class Plan:
    """Tasks of one kind.

    Attributes
    ----------
    kind
        `gan` or `train`.
    total, finished
        Tasks in all, and those whose result is on disk.
    seconds
        Estimated time of the rest on the given workers, from the pace of finished tasks of the
        same kind; None if there are none to go by.
    """

    kind: str
    total: int
    finished: int
    seconds: float | None

    def __str__(self) -> str:
        """Return one line for people."""
        left = self.total - self.finished
        cost = "time unknown: none of this kind is finished yet"
        if self.seconds is not None:
            cost = f"about {self.seconds / 60:.1f} minutes"
        return f"{self.kind}: {self.total} tasks, {self.finished} finished, {left} to run" + (
            f", {cost}" if left else ""
        )


@dataclass(frozen=True)
class ComparisonPlan:
    """What a comparison would run, and what it could find.

    Attributes
    ----------
    tasks
        Generators, where there are any, and trainings.
    outlook
        The difference that would be found 8 of 10 times, in words; empty where no arm is compared.
    """

    tasks: list[Plan]
    outlook: str

    def __str__(self) -> str:
        """Return a line for each."""
        return "\n".join([*map(str, self.tasks), *filter(None, [self.outlook])])


def plan_comparison(recipe: Recipe, outputs: Path, workers: int) -> ComparisonPlan:
    """Say what `run_comparison` would run; the instances are drawn, nothing is trained."""
    source = open_source(recipe.data)
    sizes = arm_sizes(recipe, source)
    drawn = draw_instances(
        source, recipe.data, outputs, needed_sizes(recipe, source), recipe.extra_real
    )
    plans, banks = [], None
    if recipe.needs_generators:
        gans = plan_gans(drawn, recipe.gan, generator_size(recipe))
        banks = [*map(bank_folder, gans)]
        plans.append(estimate([task for group in gans for task in group], outputs, workers))
    planned = plan_trainings(recipe, drawn, banks, sizes)
    plans.append(estimate([one.task for one in planned], outputs, workers))
    finished = [(one, result) for one in planned if (result := one.task.result(outputs))]
    shared = overlap_of([(one.train, one.test) for one in drawn])
    return ComparisonPlan(plans, outlook(planned, finished, shared))


def estimate(tasks: Sequence[Task], outputs: Path, workers: int) -> Plan:
    """Say how many of ``tasks`` are left and what they would cost."""
    left = [task for task in tasks if task.result(outputs) is None]
    paces = list(_paces(tasks[0], outputs))
    seconds = None
    if paces:
        seconds = statistics.median(paces) * sum(task.effort for task in left) / workers
    return Plan(tasks[0].kind, len(tasks), len(tasks) - len(left), seconds)


def _paces(like: Task, outputs: Path) -> Iterator[float]:
    """Yield seconds a unit of effort, for each finished task of the same kind."""
    for path in (outputs / like.kind).glob(f"*/{RESULT}"):
        with suppress(OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
            record = json.loads(path.read_bytes())  # another run's, which may be damaged
            yield record["seconds"] / record["effort"]
