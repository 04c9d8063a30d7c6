"""Which arms are tried on which instances while the time lasts."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.comparison import contest as module
from pipelines.comparison import growth
from pipelines.comparison.banks import TasksFailedError
from pipelines.comparison.contest import Contest
from pipelines.comparison.ensemble import voters
from pipelines.comparison.more import more_time
from pipelines.comparison.plan import bank_folder, plan_gans
from pipelines.comparison.results import FailedRun, TrainRun
from pipelines.comparison.times import Times
from pipelines.errors import InputError
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


class KnownTimes(Times):
    """Times that nobody has to measure."""

    def measure(self) -> None:
        self._known = {arm: SECONDS[arm] for arm in self._arms}

    def _waits(self, task) -> bool:
        return True


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
    monkeypatch.setattr(module, "Times", KnownTimes)
    monkeypatch.setattr(growth, "plan_parts", lambda *_: [])
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


def test_what_clearly_loses_is_left_where_there_is_no_time_for_all(clock):
    contest, said = run(deadline=800)
    tried = {arm: len(own) for arm, own in contest.accuracies.items()}
    assert tried["slow"] == tried["quick"] == 10
    assert tried["bad"] < 8
    how = "clearly" if tried["bad"] >= 6 else "probably"
    assert contest.out["bad"].startswith(f"{how} worse than “")
    assert contest.out["bad"].endswith(f"” after {tried['bad']} instances")
    assert [words for words in said if words.startswith("bad: ")]
    assert contest.out.keys() == {"bad"}
    assert not contest.short_of_time


def test_an_estimate_comes_before_anything_is_trained(clock):
    contest, said = run(deadline=10_000)
    assert said[0].startswith("from timed steps: one of 10 instances takes about 70 s (slow 60 s")
    assert "all of it would take 11.7 min, and 2.8 h are left: there is time for all" in said[0]
    assert more_time(contest, 160, 10)


def test_the_time_is_kept_and_goes_to_what_fits(clock):
    contest, _ = run(deadline=400)
    assert clock.now <= 400
    tried = {arm: len(own) for arm, own in contest.accuracies.items()}
    assert tried["quick"] > tried["slow"]
    assert contest.short_of_time["slow"].startswith("no time for more than ")
    (untried, *_) = more_time(contest, 400 / 60, 10)
    assert "“slow” had too little time: --minutes " in untried


def test_what_takes_long_leaves_time_for_the_winner_and_the_reference(monkeypatch, clock):
    """Else there are too few instances to be sure of what the advice begins with."""
    monkeypatch.setitem(globals(), "ARMS", {"arms": {"reference": {}, "quick": {}, "long": {}}})
    for name, seconds, accuracy in (("reference", 5, 0.5), ("quick", 5, 0.9), ("long", 60, 0.88)):
        monkeypatch.setitem(SECONDS, name, float(seconds))
        monkeypatch.setitem(ACCURACY, name, accuracy)
    contest, _ = run(deadline=290)
    tried = {arm: len(own) for arm, own in contest.accuracies.items()}
    assert tried["reference"] >= 6 <= tried["quick"]
    assert 0 < tried["long"] < 5
    assert clock.now <= 290


def test_without_time_for_anything_it_says_so(clock):
    with pytest.raises(InputError, match="quickest way, “quick”, takes about 5 s an instance; "):
        run(deadline=10)


def test_a_training_on_generated_images_is_known_by_its_generators(monkeypatch):
    """Else it would never be found finished, and go without time that it does not need."""
    asked = []
    monkeypatch.setattr(Times, "_waits", lambda self, task: bool(asked.append(task)))
    recipe = load_recipe(None, {"arms": {"real": {}, "both": {"mix": {"strategy": "fraction"}}}})
    times = Times(recipe, [drawn(0)], dict.fromkeys(recipe.arms, 32), Workers())
    assert times.instance(0, ["real", "both"]) == 0
    (gans,) = plan_gans([drawn(0)], recipe.gan, 32)
    trainings = [task for task in asked if task.kind == "train"]
    assert [task.bank for task in trainings] == [None, bank_folder(gans).as_posix()]


def test_whether_generated_images_help_is_asked_longer_than_who_wins(monkeypatch, clock):
    """Else a pre-trained network that wins by far would end it after three instances."""
    flips = {"augment": "flip"}
    arms = {
        "best": {},
        "flips": flips,
        "generated": flips | {"mix": {"strategy": "fraction"}},
        "other": {"augment": "shift(2)"},
    }
    monkeypatch.setitem(globals(), "ARMS", {"arms": arms})
    for name, accuracy in {"best": 0.95, "flips": 0.6, "generated": 0.6, "other": 0.6}.items():
        monkeypatch.setitem(ACCURACY, name, accuracy)
        monkeypatch.setitem(SECONDS, name, 5.0)
    monkeypatch.setattr(module, "train_gans", lambda tasks, executor: ([None], []))
    contest, _ = run(deadline=230)
    tried = {arm: len(own) for arm, own in contest.accuracies.items()}
    assert tried["best"] == 10
    assert tried["other"] < 5 <= tried["flips"]
    assert "other" in contest.out


def test_nothing_is_left_where_there_is_time_for_all(clock):
    contest, _ = run(deadline=10_000)
    assert {len(own) for own in contest.accuracies.values()} == {10}
    assert not contest.out


def test_who_votes_is_decided_without_the_instance_itself():
    sizes = {"a": 32, "b": 32, "c": 32, "d": 64}
    found = {
        "a": {0: 0.9, 1: 0.9, 2: 0.9},
        "b": {0: 0.2, 1: 0.95, 2: 0.95},
        "c": {0: 0.8, 1: 0.8},
        "d": {0: 0.85, 1: 0.85, 2: 0.85},
    }
    assert voters(sizes, found) == ["a", "b"]  # c was not tried as often, d sees more
    assert voters(sizes, found, left_out=0) == ["b", "a"]
    # The best of the others has no answers where it was not tried, for want of time, say.
    gap = {"a": {0: 0.9, 1: 0.9, 2: 0.9}, "b": {0: 0.95, 2: 0.95}, "c": {0: 0.8, 1: 0.8, 2: 0.8}}
    assert voters(sizes, gap, left_out=1) == ["a", "c"]
    assert voters(sizes, gap, left_out=0) == ["a", "c"]


def test_more_time_is_not_sold_where_it_buys_nothing(clock):
    contest, _ = run(deadline=10_000)
    contest.trainings = [run for run in contest.trainings if run.arm != "quick"]
    contest.out = {"bad": "clearly worse", "quick": "clearly worse"}
    assert more_time(contest, 160, 10) == ["Nothing stayed open: more time would change nothing."]


def test_what_fails_is_counted_by_the_instances_that_it_was_tried_on(monkeypatch, clock):
    """It is trained no more after the first: on the others it has not worked."""
    train, calls = module.train_arms, []

    def fails_once(recipe, *rest):
        calls.append(recipe)
        runs = train(recipe, *rest)
        if len(calls) != 3:
            return runs
        kept = [run for run in runs if run.arm != "bad"]
        lost = FailedRun(instance=0, arm="bad", name="bad-2", reason="too high a rate")
        raise TasksFailedError("bad", kept, [lost])

    monkeypatch.setattr(module, "train_arms", fails_once)
    monkeypatch.setitem(ACCURACY, "bad", 0.9)
    contest, said = run(deadline=10_000)
    assert contest.broken == {"bad": "failed on 1 of 3 instances: too high a rate"}
    assert "bad: failed on 1 of 3 instances: too high a rate; it is trained no more" in said
