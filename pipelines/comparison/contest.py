"""A comparison within a time: instance by instance, while the time lasts and a question is open.

Arms that are shown to be worse than the best get no further instances, so that the time goes where
the answer is open. What was trained is kept as everywhere: the same contest with more time goes on.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipelines.comparison.instances import Drawn
from pipelines.comparison.plan import bank_folder, plan_gans, plan_trainings
from pipelines.comparison.results import GanRun, TrainRun
from pipelines.comparison.run import train_arms, train_gans
from pipelines.comparison.sizes import generator_size
from pipelines.data.overlap import overlap_of
from pipelines.recipes.recipe import Recipe
from pipelines.statistics.choosing import clearly_worse, leader
from pipelines.tasks.base import Task
from pipelines.tasks.executor import Executor

FIRST = 5
"""Instances on which arms without generators are tried before any generator is trained."""
SAFETY = 1.15
"""How much longer than the last ones the next trainings are thought to take."""
PACE_STEPS = 20, 60
"""Lengths of two trainings of a generator whose difference tells its pace, compilation left out."""


class Contest:
    """Arms that are tried on one instance after the other.

    Parameters
    ----------
    recipe
        The arms; the first is the reference.
    drawn
        The instances, in the order in which they are used.
    sizes
        Of each arm's images.
    executor
        Runs the tasks.
    deadline
        When everything has to be done, as `time.monotonic` counts.
    say
        Called with a line now and then.

    Attributes
    ----------
    trainings, gans
        What was trained.
    out
        Why an arm got no further instances, by its name.
    """

    def __init__(
        self,
        recipe: Recipe,
        drawn: Sequence[Drawn],
        sizes: Mapping[str, int],
        executor: Executor,
        deadline: float,
        say: Callable[[str], None] = lambda words: None,
    ) -> None:
        self.trainings: list[TrainRun] = []
        self.gans: list[GanRun] = []
        self.out: dict[str, str] = {}
        self._recipe, self._drawn, self._sizes = recipe, drawn, sizes
        self._executor, self._deadline, self._say = executor, deadline, say
        self._correlation = overlap_of([(one.train, one.test) for one in drawn]).correlation
        self._generated = {name for name, arm in recipe.resolved_arms().items() if arm.generated}
        self._banks: dict[int, Path] = {}
        self._gan_seconds = 0.0

    def run(self) -> None:
        """Try the arms until all instances are used, or the time is over."""
        for index, arms in self._rounds():
            own = [arm for arm in arms if arm not in self.out]
            trained = self._that_fit(index, own)
            if not trained:
                continue
            self._train(index, trained)
            self._drop_the_worse()

    @property
    def accuracies(self) -> dict[str, dict[int, float]]:
        """Test accuracies by arm and instance, seeds averaged."""
        found: dict[str, dict[int, list[float]]] = {}
        for run in self.trainings:
            own = found.setdefault(run.arm, {}).setdefault(run.instance, [])
            own.append(run.result.scores.accuracy)
        return {
            arm: {i: float(np.mean(values)) for i, values in own.items()}
            for arm, own in found.items()
        }

    @property
    def winner(self) -> str:
        """The arm of the best mean among those that were tried most often."""
        return leader(self.accuracies)

    def seconds(self, arm: str) -> float:
        """Return how long a training of an arm takes, 0 if none is known."""
        known = [run.result.seconds for run in self.trainings if run.arm == arm]
        return float(np.mean(known)) if known else 0.0

    def _rounds(self) -> Iterator[tuple[int, list[str]]]:
        """Yield what is tried next: the cheap arms first, then generators where they were."""
        plain = [arm for arm in self._recipe.arms if arm not in self._generated]
        later = [arm for arm in self._recipe.arms if arm in self._generated]
        first = min(FIRST, len(self._drawn))
        yield from ((index, plain) for index in range(first))
        yield from ((index, later) for index in range(first))
        for index in range(first, len(self._drawn)):
            yield index, plain
            yield index, later

    def _that_fit(self, index: int, arms: Sequence[str]) -> list[str]:
        """Return the arms for which there is time, the quickest first; note the others."""
        kept: list[str] = []
        for arm in sorted(arms, key=self.seconds):
            needed = self._needed(index, [*kept, arm])
            # What is not known is tried once: it is how its time becomes known.
            if needed and time.monotonic() + SAFETY * needed > self._deadline:
                self.out[arm] = f"no time: an instance takes about {_minutes(needed)}"
                self._say(f"{arm}: {self.out[arm]}")
            else:
                kept.append(arm)
        return [arm for arm in arms if arm in kept]

    def _needed(self, index: int, arms: Sequence[str]) -> float:
        """Return the seconds that arms take on an instance, as far as they were not trained yet."""
        one, workers = self._drawn[index], self._executor.workers
        gans, banks = [], None
        if self._generated.intersection(arms):
            gans = plan_gans([one], self._recipe.gan, generator_size(self._recipe))[0]
            banks = [bank_folder(gans)]  # a training is known by its generators, too
        planned = plan_trainings(self._of(arms), [one], banks, self._sizes)
        waiting = [self.seconds(each.arm) for each in planned if self._waits(each.task)]
        seconds = max(sum(waiting) / workers, max(waiting, default=0))
        count = sum(self._waits(task) for task in gans)
        return seconds + (-(-count // workers) * self._pace() if count else 0)

    def _waits(self, task: Task) -> bool:
        return task.result(self._executor.outputs) is None

    def _pace(self) -> float:
        """Return the seconds that a generator takes, from finished ones or from short ones."""
        if self.gans:
            return max(run.result.seconds for run in self.gans)
        if not self._gan_seconds:
            config, taken = self._recipe.gan, []
            for steps in PACE_STEPS:
                short = config.model_copy(update={"steps": steps})
                task = plan_gans(self._drawn[:1], short, generator_size(self._recipe))[0][0]
                taken.append(self._executor.run([task], "timing generators")[0].seconds)
            pace = max(taken[1] - taken[0], 0.0) / (PACE_STEPS[1] - PACE_STEPS[0])
            self._gan_seconds = taken[0] + pace * config.steps
            self._say(f"a generator takes about {_minutes(self._gan_seconds)}")
        return self._gan_seconds

    def _train(self, index: int, arms: Sequence[str]) -> None:
        one, bank = [self._drawn[index]], None
        if self._generated.intersection(arms):
            if index not in self._banks:
                tasks = plan_gans(one, self._recipe.gan, generator_size(self._recipe))
                (self._banks[index],), gans = train_gans(tasks, self._executor)
                self.gans += [run.model_copy(update={"instance": index}) for run in gans]
            bank = [self._banks[index]]
        title = f"instance {index + 1} of {len(self._drawn)}"
        runs = train_arms(self._of(arms), one, bank, self._sizes, self._executor, title)
        self.trainings += [run.model_copy(update={"instance": index}) for run in runs]

    def _drop_the_worse(self) -> None:
        accuracies = self.accuracies
        for arm in clearly_worse(accuracies, self._correlation) - self.out.keys():
            best, count = leader(accuracies), len(accuracies[arm])
            self.out[arm] = f"clearly worse than “{best}” after {count} instances"
            self._say(f"{arm}: {self.out[arm]}; it is trained no more")

    def _of(self, arms: Sequence[str]) -> Recipe:
        return self._recipe.model_copy(
            update={"arms": {arm: self._recipe.arms[arm] for arm in arms}}
        )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
