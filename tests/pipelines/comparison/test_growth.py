"""Which arms get a learning curve where there is time for some."""

import pytest

from pipelines.comparison import growth as module
from pipelines.comparison.growth import Growth
from pipelines.comparison.results import PartRun
from pipelines.recipes.recipe import load_recipe
from tests.made_comparison import make_comparison
from tests.pipelines.comparison.test_contest import Workers
from tests.pipelines.comparison.test_plan import drawn

SECONDS = {"best": 10.0, "slow": 100.0}
TRIED = {"best": [0, 1, 2, 3, 4, 5], "slow": [0, 1, 2]}
BEST = 13.75
"""Seconds of a curve of the best, by instance: 10 x (1.25 / 2 + 1.5 / 2)."""


@pytest.fixture
def growth(monkeypatch):
    """Growth whose parts are planned as ever, and trained at once."""
    made = make_comparison(None, instances=1, pictures=False).trainings[0].result
    recipe = load_recipe(None, {"arms": {"best": {}, "slow": {}}})
    instances = [drawn(seed) for seed in range(7)]

    def train(planned, executor):
        return [
            PartRun(
                instance=one.training.instance,
                arm=one.training.arm,
                folder="f",
                result=made,
                fraction=one.fraction,
                per_class=one.per_class,
            )
            for one in planned
        ]

    monkeypatch.setattr(module, "train_parts", train)
    monkeypatch.setattr(module, "plan_parts", planned_parts)
    return Growth(recipe, instances, dict.fromkeys(SECONDS, 32), Workers(), SECONDS.__getitem__)


def planned_parts(recipe, some, sizes, outputs):
    from pipelines.comparison.parts import FRACTIONS, PlannedPart
    from pipelines.comparison.plan import plan_trainings

    class Waiting:
        def result(self, outputs):
            return None

    return [
        PlannedPart(fraction, 10 * fraction, one._replace(task=Waiting()))
        for fraction in FRACTIONS
        for one in plan_trainings(recipe, some, None, sizes)
    ]


def grown(growth, left):
    growth.grow(["best", "slow"], TRIED, left)
    return {arm: sorted({run.instance for run in growth.runs if run.arm == arm}) for arm in SECONDS}


def test_all_arms_where_there_is_time(growth):
    assert grown(growth, 1000) == {"best": [0, 1, 2, 3, 4], "slow": [0, 1, 2]}
    assert not growth.lacks(["best", "slow"])


def test_all_arms_on_fewer_instances_before_the_best_alone(growth):
    assert grown(growth, 2 * 11 * BEST + 1) == {"best": [0, 1], "slow": [0, 1]}
    assert grown(growth, 2 * 11 * BEST - 1)["best"] == [0, 1, 2, 3, 4]


def test_the_best_alone_where_there_is_no_time_for_the_others(growth):
    assert growth.reserve("best") == 2 * BEST
    assert grown(growth, 2 * BEST + 1) == {"best": [0, 1], "slow": []}
    assert growth.lacks(["best", "slow"])
    assert growth.reserve("best") == 0
    assert growth.reserve("slow") == 20 * BEST


def test_none_where_there_is_no_time_for_two_instances(growth):
    assert grown(growth, 2 * BEST - 1) == {"best": [], "slow": []}


def test_what_was_grown_before_is_kept(growth):
    growth.grow(["slow"], TRIED, 1000)
    assert grown(growth, 2 * BEST + 1) == {"best": [0, 1], "slow": [0, 1, 2]}
