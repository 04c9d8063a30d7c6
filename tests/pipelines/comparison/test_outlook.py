"""What a comparison is said to find before it is run."""

import numpy as np
import pytest

from pipelines.comparison.outlook import outlook
from pipelines.comparison.plan import plan_trainings
from pipelines.data.overlap import Overlap
from pipelines.recipes.recipe import load_recipe
from pipelines.statistics.power import USUAL_SPREAD, detectable
from tests.made_comparison import make_comparison
from tests.pipelines.comparison.test_plan import drawn

APART = Overlap(
    instances=10, train_images=100, test_images=400, train=0, test=0, pooled=0, own_test=True
)
SHARED = APART.model_copy(
    update={"train": 0.67, "test": 0.33, "pooled": 1.0, "own_test": False, "test_images": 50}
)


def planned(arms=2, seeds=1, instances=10):
    tables = {"arms": {str(i): {} for i in range(arms)}, "seeds": seeds}
    recipe = load_recipe(None, tables)
    sizes = dict.fromkeys(recipe.arms, 32)
    return plan_trainings(recipe, [*map(drawn, range(instances))], None, sizes)


def finished(some, accuracies):
    """Results of some trainings, of made-up accuracies."""
    made = make_comparison(None, instances=1, pictures=False).trainings[0].result
    return [
        (one, made.model_copy(update={"scores": made.scores.model_copy(update={"accuracy": a})}))
        for one, a in zip(some, accuracies, strict=True)
    ]


@pytest.mark.parametrize(("arms", "shared"), [(2, APART), (4, APART), (2, SHARED)])
def test_it_says_what_the_design_finds_with_the_usual_spread(arms, shared):
    said = outlook(planned(arms), [], shared)
    least = detectable(10, USUAL_SPREAD, correlation=shared.correlation, comparisons=arms - 1)
    assert f" a difference of {100 * least:.1f} points is found 8 of 10 times; an estimate" in said
    assert "from a spread of 1.6 points (usual for two classes" in said
    assert ("instances share images" in said) == (shared is SHARED)
    assert (f"and {arms - 1} comparisons" in said) == (arms > 2)


def test_it_goes_by_the_spread_of_finished_trainings():
    some = planned(instances=4)
    rng = np.random.default_rng(0)
    accuracies = rng.uniform(0.6, 0.9, len(some))
    differences = accuracies[1::2] - accuracies[::2]
    said = outlook(planned(), finished(some, accuracies), APART)
    spread = 100 * differences.std(ddof=1)
    assert f"a spread of {spread:.1f} points (of finished trainings, up to 4 instances)" in said
    assert "usual" in outlook(planned(), finished(some[:4], accuracies[:4]), APART)


def test_seeds_are_averaged_before_differences_are_taken():
    some = planned(seeds=2, instances=3)
    accuracies = [0.7, 0.9, 0.8, 0.9, 0.6, 0.8, 0.8, 0.8, 0.7, 0.7, 0.9, 0.7]
    said = outlook(planned(seeds=2), finished(some, accuracies), APART)
    # Means of 0.8, 0.7, 0.7 against 0.85, 0.8, 0.8: differences of 0.05, 0.1, 0.1.
    assert f"a spread of {100 * np.std([0.05, 0.1, 0.1], ddof=1):.1f} points" in said


def test_too_few_instances_for_a_sure_claim_are_named():
    few = outlook(planned(instances=3), [], APART.model_copy(update={"instances": 3}))
    assert "8 of 10 times; fewer than 6 make it only probable; an estimate" in few


@pytest.mark.parametrize(
    ("arms", "update", "words"),
    [
        (1, {}, ""),
        (2, {"instances": 1}, "one instance has no spread"),
        (2, {"train": 1.0}, "all instances have the same training images"),
    ],
)
def test_where_there_is_no_test(arms, update, words):
    said = outlook(planned(arms), [], APART.model_copy(update=update))
    assert words in said
    assert bool(said) == bool(words)
