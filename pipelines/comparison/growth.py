"""Learning curves of a contest: what more images add to what its winner announces."""

from collections.abc import Callable, Mapping, Sequence

from pipelines.comparison.instances import Drawn
from pipelines.comparison.parts import FRACTIONS, PlannedPart, part_cost, plan_parts, train_parts
from pipelines.comparison.results import PartRun
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.executor import Executor

MOST, LEAST = 5, 2
"""Instances of a curve: not more, and none at all of fewer."""


class Growth:
    """Trainings on parts of the images, as far as there is time.

    Parameters
    ----------
    recipe, drawn, sizes, executor
        As in `Contest`.
    seconds
        Returns those of a training of an arm on all images of an instance.

    Attributes
    ----------
    runs
        What was trained so far.
    """

    def __init__(
        self,
        recipe: Recipe,
        drawn: Sequence[Drawn],
        sizes: Mapping[str, int],
        executor: Executor,
        seconds: Callable[[str], float],
    ) -> None:
        self.runs: list[PartRun] = []
        self._recipe, self._drawn, self._sizes = recipe, drawn, sizes
        self._executor, self._seconds = executor, seconds

    def lacks(self, arms: Sequence[str]) -> bool:
        """Whether one of the arms has no curve yet."""
        return bool({*arms} - {run.arm for run in self.runs})

    def reserve(self, arm: str) -> float:
        """Return the seconds of the shortest curve of an arm, 0 once it has one."""
        one = sum(map(part_cost, FRACTIONS)) * self._seconds(arm) / self._executor.workers
        return LEAST * one if self.lacks([arm]) else 0.0

    def grow(self, arms: Sequence[str], tried: Mapping[str, Sequence[int]], left: float) -> None:
        """Train the arms on parts of their first instances.

        On fewer instances where time is short; of the first arm alone, which is the winner, where
        it does not suffice for all.

        Parameters
        ----------
        arms
            Which, the most important one first.
        tried
            Instances that each was tried on.
        left
            Seconds that it may take.
        """
        for wanted in (arms, arms[:1]):
            for count in range(min(MOST, len(self._drawn)), LEAST - 1, -1):
                planned = [one for arm in wanted for one in self._plan(arm, tried[arm][:count])]
                if planned and self._cost(planned) < left:
                    others = [run for run in self.runs if run.arm not in wanted]
                    self.runs = [*others, *train_parts(planned, self._executor)]
                    return

    def _cost(self, planned: Sequence[PlannedPart]) -> float:
        """Return the seconds of those that were not trained yet."""
        waiting = [
            part_cost(one.fraction) * self._seconds(one.training.arm)
            for one in planned
            if one.training.task.result(self._executor.outputs) is None
        ]
        return max(sum(waiting) / self._executor.workers, max(waiting, default=0.0))

    def _plan(self, arm: str, on: Sequence[int]) -> list[PlannedPart]:
        """Plan the trainings of an arm on parts of some instances."""
        if len(on) < LEAST:
            return []
        recipe = self._recipe.model_copy(update={"arms": {arm: self._recipe.arms[arm]}})
        drawn = [self._drawn[index] for index in on]
        planned = plan_parts(recipe, drawn, self._sizes, self._executor.outputs)
        return [
            one._replace(training=one.training._replace(instance=on[one.training.instance]))
            for one in planned
        ]
