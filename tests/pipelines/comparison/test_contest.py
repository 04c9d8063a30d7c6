"""Which arms are tried on which instances while the time lasts."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.comparison import contest as module
from pipelines.comparison.contest import Contest
from pipelines.comparison.plan import bank_folder, plan_gans
from pipelines.comparison.results import TrainRun
from pipelines.recipes.recipe import load_recipe
from tests.made_comparison import make_comparison
from tests.pipelines.comparison.test_plan import drawn as planned

ARMS = {"arms": {"slow": {}, "quick": {"augment": "flip"}, "bad": {"augment": "shift(2)"}}}
SECONDS = {"slow": 60.0, "quick": 5.0, "bad": 5.0}
ACCURACY = {"slow": 0.9, "quick": 0.9, "bad": 0.5}


def drawn(seed):
    """An instance that shares no image with another one."""
    return replace(planned(seed), train=(f"a{seed}",), test=(f"b{seed}",))


class Clock:
    """A clock that trainings move on."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class Workers:
    """Stands for an executor; nothing is on disk."""

    workers = 1
    outputs = None


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    rng = np.random.default_rng(0)
    made = make_comparison(None, instances=1, pictures=False).trainings[0].result

    def train(recipe, some, banks, sizes, executor, title):
        runs = []
        for arm in recipe.arms:
            accuracy = ACCURACY[arm] + rng.normal(0, 0.01)
            scores = made.scores.model_copy(update={"accuracy": accuracy})
            update = {"scores": scores, "seconds": SECONDS[arm]}
            result = made.model_copy(update=update)
            runs.append(TrainRun(instance=0, arm=arm, folder="f", result=result))
            clock.now += SECONDS[arm]
        return runs

    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "train_arms", train)
    monkeypatch.setattr(Contest, "_waits", lambda self, task: True)
    return clock


def run(deadline, instances=10):
    recipe = load_recipe(None, ARMS)
    said = []
    contest = Contest(
        recipe,
        [drawn(seed) for seed in range(instances)],
        dict.fromkeys(recipe.arms, 32),
        Workers(),
        deadline,
        said.append,
    )
    contest.run()
    return contest, said


def test_what_clearly_loses_is_left(clock):
    contest, said = run(deadline=10_000)
    tried = {arm: len(own) for arm, own in contest.accuracies.items()}
    assert tried["slow"] == tried["quick"] == 10
    assert tried["bad"] < 6
    assert "clearly worse than" in contest.out["bad"]
    assert [words for words in said if words.startswith("bad: ")]
    assert contest.out.keys() == {"bad"}


def test_the_time_is_kept_and_goes_to_what_fits(clock):
    contest, _ = run(deadline=300)
    assert clock.now <= 300
    tried = {arm: len(own) for arm, own in contest.accuracies.items()}
    assert tried["quick"] > tried["slow"]
    assert contest.out["slow"].startswith("no time: an instance takes about")


def test_each_is_tried_once_even_where_the_time_is_short(clock):
    contest, _ = run(deadline=1)
    assert set(contest.accuracies) == set(ARMS["arms"])
    assert {len(own) for own in contest.accuracies.values()} == {1}
    assert contest.winner in ARMS["arms"]


def test_a_training_on_generated_images_is_known_by_its_generators(monkeypatch):
    """Else it would never be found finished, and go without time that it does not need."""
    asked = []
    monkeypatch.setattr(Contest, "_waits", lambda self, task: bool(asked.append(task)))
    recipe = load_recipe(None, {"arms": {"real": {}, "both": {"mix": {"strategy": "fraction"}}}})
    contest = Contest(recipe, [drawn(0)], dict.fromkeys(recipe.arms, 32), Workers(), 100)
    assert contest._needed(0, ["real", "both"]) == 0
    (gans,) = plan_gans([drawn(0)], recipe.gan, 32)
    trainings = [task for task in asked if task.kind == "train"]
    assert [task.bank for task in trainings] == [None, bank_folder(gans).as_posix()]
