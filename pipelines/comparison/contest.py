"""A comparison within a time: instance by instance, while the time lasts and a question is open.

Arms that are shown to be worse than the best get no further instances, so that the time goes where
the answer is open. What was trained is kept as everywhere: the same contest with more time goes on.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from groundwork.terminal import duration
from pipelines.comparison.banks import TasksFailedError, said, train_gans
from pipelines.comparison.bases import joined_arms
from pipelines.comparison.ensemble import voters
from pipelines.comparison.growth import Growth
from pipelines.comparison.instances import Drawn
from pipelines.comparison.plan import plan_gans
from pipelines.comparison.results import (
    FailedRun,
    GanRun,
    PartRun,
    TrainRun,
    accuracies_of,
    failures_of,
)
from pipelines.comparison.run import train_arms
from pipelines.comparison.sizes import generator_size
from pipelines.comparison.times import Times, estimate_in_words
from pipelines.data.overlap import overlap_of
from pipelines.errors import InputError
from pipelines.recipes.recipe import Recipe
from pipelines.statistics.choosing import FEWEST, clearly_worse, leader
from pipelines.statistics.verdicts import enough_instances
from pipelines.tasks.executor import Executor
from pipelines.tasks.gan import GanTask

FIRST = 5
"""Instances on which arms without generators are tried before any generator is trained, and those
with generators, and what they are compared with, before they can be out."""
SAFETY = 1.15
"""How much longer than the last ones the next trainings are thought to take."""
PAGE = 20.0
"""Seconds for what follows the last training: the page, the card, the check of the classifier."""
CURVE = 0.1
"""Of the time, what may be kept back for the winner's learning curve."""
Round: TypeAlias = tuple[int, Sequence[str]]
"""An instance, and the arms that are tried on it."""


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
        When everything has to be done, the classifier of all images too, as `time.monotonic`
        counts.
    say
        Called with a line now and then.
    final
        As in `Times`.

    Attributes
    ----------
    trainings, gans
        What was trained.
    failed
        What did not succeed; an arm that fails is tried no more.
    out
        Arms that are shown to be worse than the best, and after how many instances.
    times
        How long trainings take.
    """

    def __init__(
        self,
        recipe: Recipe,
        drawn: Sequence[Drawn],
        sizes: Mapping[str, int],
        executor: Executor,
        deadline: float,
        say: Callable[[str], None] = lambda words: None,
        final: int = 0,
    ) -> None:
        self.trainings: list[TrainRun] = []
        self.gans: list[GanRun] = []
        self.failed: list[FailedRun] = []
        self.out: dict[str, str] = {}
        self.times = Times(recipe, drawn, sizes, executor, final)
        self._growth = Growth(recipe, drawn, sizes, executor, self.times.training)
        self._most_of_a_curve = CURVE * (deadline - time.monotonic())
        self.correlation = overlap_of([(one.train, one.test) for one in drawn]).correlation
        self._enough = enough_instances(1, self.correlation)
        self._recipe, self._drawn, self._sizes = recipe, drawn, sizes
        self._executor, self._deadline, self._say = executor, deadline, say
        self._generated = {name for name, arm in recipe.resolved_arms().items() if arm.generated}
        self._reference = next(iter(recipe.arms))
        joined = joined_arms(recipe.model_dump(mode="json"))
        self._bases = [one.base for one in joined]
        self._asked = {name for one in joined for name in one if name}
        self._banks: dict[int, Path | None] = {}

    def run(self) -> None:
        """Try the arms until all instances are used, or the time is over.

        Raises
        ------
        InputError
            If there is no time to try a single one.
        """
        self.times.measure()
        left = max(0.0, self._deadline - time.monotonic())
        self._say(estimate_in_words(self.times, list(self._recipe.arms), self._generated, left))
        first, later = self._rounds()
        self._try(first)
        if self.trainings:
            self._grow()
        self._try(later)
        if self.trainings:
            self._grow()
        if not self.trainings and self.failed:
            raise InputError(f"every way that was tried failed, first {said(self.failed)}")
        if not self.trainings:
            quickest = min(self._recipe.arms, key=self.times.training)
            one = self.times.training(quickest)
            needed = one + self.times.final([quickest]) + PAGE
            lacking = time.monotonic() + SAFETY * needed - self._deadline
            raise InputError(
                f"there is no time to try anything: the quickest way, “{quickest}”, takes about "
                f"{duration(one)} an instance; give about {max(1, math.ceil(lacking / 60))} "
                "--minutes more, or fewer images (--per-class)"
            )

    @property
    def accuracies(self) -> dict[str, dict[int, float]]:
        """Test accuracies by arm and instance, seeds averaged."""
        return accuracies_of(self.trainings)

    @property
    def parts(self) -> list[PartRun]:
        """What was trained on parts of the images, for learning curves."""
        return self._growth.runs

    @property
    def winner(self) -> str:
        """The arm of the best mean among those that were tried most often."""
        return leader(self.accuracies)

    @property
    def short_of_time(self) -> dict[str, str]:
        """Arms that were in the race to the end, but on fewer instances than it takes, and why.

        That is on as many as the best, or as a claim needs.
        """
        found = self.accuracies
        most = min(len(found[self.winner]), self._enough)
        short = {}
        for arm in self._recipe.arms:
            tried = found.get(arm, {})
            if arm in self.out or arm in self.broken or len(tried) >= most:
                continue
            missing = next(i for i in range(len(self._drawn)) if i not in tried)
            one = f"an instance takes about {duration(self.times.instance(missing, [arm]))}"
            short[arm] = f"no time: {one}"
            if tried:
                several = f"{len(tried)} instances" if len(tried) > 1 else "one instance"
                short[arm] = f"no time for more than {several}: {one}"
        return short

    @property
    def broken(self) -> dict[str, str]:
        """Arms that failed, and why."""
        return failures_of(list(self._recipe.arms), self.failed, self.trainings)

    def _rounds(self) -> tuple[list[Round], list[Round]]:
        """Return what is tried: the cheap arms on a few instances; then all on all of them.

        Generators come late, for they take longest, and where the others were tried already.
        """
        plain = [arm for arm in self._recipe.arms if arm not in self._generated]
        later = [arm for arm in self._recipe.arms if arm in self._generated]
        few = range(min(FIRST, len(self._drawn)))
        rest = range(len(few), len(self._drawn))
        then: list[Round] = [(index, later) for index in few]
        then += [(index, arms) for index in rest for arms in (plain, later)]
        return [(index, plain) for index in few], then

    def _try(self, rounds: Sequence[Round]) -> None:
        for index, arms in rounds:
            own = [arm for arm in arms if arm not in self.out and arm not in self.broken]
            if trained := self._that_fit(index, own):
                self._train(index, trained)
                self._drop_the_worse()

    def _grow(self) -> None:
        """Train on parts of the images: the winner, what generated images join, the reference."""
        found = self.accuracies
        asked = dict.fromkeys([self.winner, *self._bases, next(iter(found))])
        arms = [arm for arm in asked if arm in found]
        if self._growth.lacks(arms):
            left = (self._deadline - PAGE - time.monotonic()) / SAFETY - self._final(arms[0])
            self._growth.grow(arms, {arm: sorted(found[arm]) for arm in arms}, left)

    def _that_fit(self, index: int, arms: Sequence[str]) -> list[str]:
        """Return the arms for which there is time, the quickest first."""
        kept: list[str] = []
        for arm in sorted(arms, key=self.times.training):
            needed = self.times.instance(index, [*kept, arm])
            seconds = needed + self._reserve(arm) + self._owed(arm, index)
            if needed and time.monotonic() + SAFETY * seconds + PAGE > self._deadline:
                continue  # it may fit later, where others turn out to be quicker
            kept.append(arm)
        return [arm for arm in arms if arm in kept]

    def _owed(self, arm: str, index: int) -> float:
        """Return the seconds to keep from what takes longer, to be sure of winner and reference."""
        asked = {self._reference, *([self.winner] if self.trainings else [])} - {arm, *self.out}
        quicker = [one for one in asked if self.times.training(one) < self.times.training(arm)]
        enough = min(self._enough, len(self._drawn))
        return sum(self.times.instance(later, quicker) for later in range(index + 1, enough))

    def _reserve(self, arm: str) -> float:
        """Return the seconds to keep for what the winner, or else an arm, is announced by.

        Its training on all images, and a learning curve, unless that takes more than its share.
        """
        curve = self._growth.reserve(self.winner) if self.trainings else 0.0
        return self._final(arm) + curve * (curve <= self._most_of_a_curve)

    def _final(self, arm: str) -> float:
        """Return the seconds for training the winner, or else an arm, on all images."""
        found = self.accuracies
        return self.times.final(voters(self._sizes, found) if found else [arm])

    def _train(self, index: int, arms: Sequence[str]) -> None:
        one, bank = [self._drawn[index]], None
        if self._generated.intersection(arms):
            if index not in self._banks:
                tasks = plan_gans(one, self._recipe.gan, generator_size(self._recipe))
                self._train_generators(index, tasks)
            bank = [self._banks[index]]
        title = f"instance {index + 1} of {len(self._drawn)}"
        # The longest first: what is short fills what is left of the other workers' time.
        longest = sorted(arms, key=self.times.training, reverse=True)
        own = {arm: self._recipe.arms[arm] for arm in longest}
        recipe = self._recipe.model_copy(update={"arms": own})
        try:
            runs = train_arms(recipe, one, bank, self._sizes, self._executor, title)
        except TasksFailedError as error:
            runs = [run for run in error.runs if isinstance(run, TrainRun)]
            for failed in error.failed:
                self.failed.append(failed.model_copy(update={"instance": index}))
                self._say(f"{failed.arm}: {self.broken[failed.arm]}; it is trained no more")
        self.trainings += [run.model_copy(update={"instance": index}) for run in runs]
        self.times.learn(runs, self.gans)

    def _train_generators(self, index: int, tasks: Sequence[Sequence[GanTask]]) -> None:
        """Train those of an instance; where one fails it has no bank."""
        try:
            (self._banks[index],), gans = train_gans(tasks, self._executor)
        except TasksFailedError as error:
            (self._banks[index],) = error.banks
            gans = [run for run in error.runs if isinstance(run, GanRun)]
            self._say(f"generators: {error}")
        self.gans += [run.model_copy(update={"instance": index}) for run in gans]

    def _drop_the_worse(self) -> None:
        """Leave out what is shown to be worse, unless there is time for everything."""
        if self._time_for_all():
            return
        accuracies = self.accuracies
        looks = max(1, len(self._drawn) - FEWEST + 1)
        for arm in clearly_worse(accuracies, self.correlation, looks) - self.out.keys():
            count = len(accuracies[arm])
            how = "clearly" if count >= self._enough else "probably"
            # What the winner is above it shall be more than probable.
            if arm == self._reference and count < self._enough:
                continue
            # Whether generated images help is a question of its own, whatever wins.
            if arm in self._asked and count < FIRST and self._generated - self.out.keys():
                continue
            self.out[arm] = f"{how} worse than “{self.winner}” after {count} instances"
            self._say(f"{arm}: {self.out[arm]}; it is trained no more")

    def _time_for_all(self) -> bool:
        """Whether all arms that are left can be tried on all instances."""
        gone = self.out.keys() | self.broken.keys()
        arms = [arm for arm in self._recipe.arms if arm not in gone]
        needed = sum(self.times.instance(index, arms) for index in range(len(self._drawn)))
        return time.monotonic() + SAFETY * (needed + self._reserve(arms[0])) + PAGE < self._deadline
