"""How long the trainings of a comparison take: from timed steps, then from those that are done."""

import shutil
import uuid
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from groundwork.locks import lock_file, locked
from groundwork.terminal import duration
from pipelines.comparison.instances import Drawn
from pipelines.comparison.plan import bank_folder, plan_gans, plan_trainings
from pipelines.comparison.results import GanRun, TrainRun
from pipelines.comparison.sizes import generator_size
from pipelines.identity import digest
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.base import Task
from pipelines.tasks.executor import Executor, Failed
from pipelines.tasks.pace import Pace, PaceTask

PACE_STEPS = 20, 60
"""Lengths of two trainings of a generator whose difference tells its pace, compilation left out."""
TESTED = 0.4
"""Time of an image that is tested, relative to one that is trained on."""


class Times:
    """Seconds of trainings and generators.

    Parameters
    ----------
    recipe
        The arms.
    drawn
        The instances; steps are timed on images of the first.
    sizes
        Of each arm's images.
    executor
        Runs the tasks.
    final
        Images that the classifier is trained on which is handed over; 0: as many as an instance.
    """

    def __init__(
        self,
        recipe: Recipe,
        drawn: Sequence[Drawn],
        sizes: Mapping[str, int],
        executor: Executor,
        final: int = 0,
    ) -> None:
        self._recipe, self._drawn, self._sizes = recipe, drawn, sizes
        self._executor, self._final = executor, final
        self._arms = recipe.resolved_arms()
        self._known: dict[str, float] = {}
        self._paces: dict[str, Pace] = {}
        self._generator = 0.0
        self._moment = uuid.uuid4().hex[:8]
        self._scale = 1.0
        """How much longer trainings take than their timed steps said."""

    @property
    def instances(self) -> int:
        """How many there are."""
        return len(self._drawn)

    def measure(self) -> None:
        """Time a few steps of every kind of training, anew: what else runs here changes."""
        paces = self._executor.outputs / "pace"
        with locked(paces / self._moment):
            _remove_others(paces, self._moment)
            self._measure()

    def _measure(self) -> None:
        tasks = {name: self._pace_task(name) for name in self._arms}
        kinds = {digest(task.identity()): task for task in tasks.values()}
        found = self._executor.attempt(list(kinds.values()), "timing a few steps")
        paces = dict(zip(kinds, found, strict=True))
        timed = {name: paces[digest(task.identity())] for name, task in tasks.items()}
        # What fails here fails when it is trained, too, and is then said.
        self._paces = {name: pace for name, pace in timed.items() if isinstance(pace, Pace)}
        for task in kinds.values():
            shutil.rmtree(self._executor.outputs / task.folder(), ignore_errors=True)
        if self._recipe.needs_generators:
            self._generator = self._timed_generator()

    def learn(self, trainings: Iterable[TrainRun], gans: Iterable[GanRun] = ()) -> None:
        """Take in what finished trainings took; the last ones count, for features are kept."""
        self._known |= {run.arm: run.result.seconds for run in trainings}
        images = self._drawn[0].record.train_images
        expected = {arm: self._expected(arm, images) for arm in self._known}
        # Not those of probes, whose features are kept: only the first one took its time.
        trained = [arm for arm in self._known if not self._arms[arm].train.probe]
        ratios = [self._known[arm] / expected[arm] for arm in trained if expected[arm]]
        self._scale = float(np.median(ratios)) if ratios else 1.0
        self._generator = max([run.result.seconds for run in gans], default=self._generator)

    def training(self, arm: str) -> float:
        """Return the seconds of a training of an arm on one instance."""
        known = self._known.get(arm)
        return known or self._scale * self._expected(arm, self._drawn[0].record.train_images)

    def generators(self, count: int | None = None) -> float:
        """Return the seconds, on all workers, of so many generators, or of those of an instance."""
        if count is None:
            count = len(plan_gans(self._drawn[:1], self._recipe.gan, self._generated_size)[0])
        return -(-count // self._executor.workers) * self._generator

    def instance(self, index: int, arms: Sequence[str]) -> float:
        """Return the seconds of arms on an instance, as far as they were not trained yet."""
        one = self._drawn[index]
        gans: list[Task] = []
        banks: list[Path] | None = None
        if any(self._arms[arm].generated for arm in arms):
            planned = plan_gans([one], self._recipe.gan, self._generated_size)[0]
            gans, banks = [*planned], [bank_folder(planned)]  # a training is known by its bank, too
        own = {arm: self._recipe.arms[arm] for arm in arms}
        trainings = plan_trainings(
            self._recipe.model_copy(update={"arms": own}), [one], banks, self._sizes
        )
        waiting = [self.training(each.arm) for each in trainings if self._waits(each.task)]
        seconds = max(sum(waiting) / self._executor.workers, max(waiting, default=0.0))
        return seconds + self.generators(sum(self._waits(task) for task in gans))

    def final(self, arms: Sequence[str]) -> float:
        """Return the seconds of training arms on all images, with the generators they need."""
        record = self._drawn[0].record
        more = (self._final or record.train_images) / max(1, record.train_images)
        each = [more * self.training(arm) for arm in arms]
        generated = any(self._arms[arm].generated for arm in arms)
        seconds = max(sum(each) / self._executor.workers, max(each, default=0.0))
        return seconds + (self.generators() if generated else 0.0)

    def _expected(self, arm: str, images: int) -> float:
        pace, config = self._paces.get(arm), self._arms[arm].train
        if pace is None:
            return 0.0
        tested = self._drawn[0].record.test_images
        if config.probe:
            return pace.start + pace.an_image * (images + tested)
        passes = images * config.epochs * (config.folds or config.members)
        return pace.start + pace.an_image * (passes + TESTED * tested)

    def _pace_task(self, arm: str) -> PaceTask:
        from pipelines.tasks.work.pace import shortened  # only now: it loads Keras

        settings, size = shortened(self._arms[arm]), self._sizes[arm]
        # What does not change the time of a step, or hardly, must not make another kind.
        train = settings.train.model_copy(update={"tta": "none", "seed": 0})
        same = {"train": train, "augment": "", "size": size}
        return PaceTask(
            name=f"{self._moment}-{settings.train.model}",
            instance=self._drawn[0].at[size].folder,
            arm=settings.model_copy(update=same),
            bank=None,
            moment=self._moment,
        )

    def _timed_generator(self) -> float:
        """Return the seconds that a generator takes, from the difference of two short ones."""
        config = self._recipe.gan
        tasks = [
            plan_gans(
                self._drawn[:1], config.model_copy(update={"steps": steps}), self._generated_size
            )[0][0]
            for steps in PACE_STEPS
        ]
        found = self._executor.attempt(tasks, "timing generators")
        if any(isinstance(one, Failed) for one in found):
            return 0.0
        short, long = (run.seconds for run in found)
        pace = max(long - short, 0.0) / (PACE_STEPS[1] - PACE_STEPS[0])
        return float(short + pace * (config.steps - PACE_STEPS[0]))

    @property
    def _generated_size(self) -> int:
        return generator_size(self._recipe)

    def _waits(self, task: Task) -> bool:
        return task.result(self._executor.outputs) is None


def _remove_others(paces: Path, mine: str) -> None:
    """Remove what comparisons that were killed while they timed have left."""
    for folder in paces.glob("*-*/"):
        moment = folder.name.partition("-")[0]
        if moment != mine:
            with locked(paces / moment, wait=False) as dead:
                if dead:
                    shutil.rmtree(folder, ignore_errors=True)
                    lock_file(folder).unlink(missing_ok=True)


def estimate_in_words(
    times: Times, arms: Sequence[str], generated: Container[str], left: float
) -> str:
    """Say, before anything long begins, what an instance takes and what there is time for.

    Parameters
    ----------
    times
        Measured.
    arms
        Names of all of them.
    generated
        Those that need generators.
    left
        Seconds.
    """
    cheap = [arm for arm in arms if arm not in generated]
    each = ", ".join(f"{arm} {duration(times.training(arm))}" for arm in cheap)
    plain = times.instance(0, cheap)
    words = f"from timed steps: one of {times.instances} instances takes about "
    words += f"{duration(plain)} ({each})"
    if len(cheap) < len(arms):
        words += f", its generators {duration(times.generators())} more"
    everything = times.instances * times.instance(0, arms)
    words += f"; all of it would take {duration(everything)}, and {duration(left)} are left: "
    if everything > left:
        return f"{words}what is clearly worse is left out on the way"
    return f"{words}there is time for all"
