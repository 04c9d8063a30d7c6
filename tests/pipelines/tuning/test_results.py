"""What a search leaves: its table, its page and a recipe."""

import math
import re

import numpy as np
import pytest

from pipelines.comparison.sizes import arm_sizes, generator_size, search_size
from pipelines.data.pool import in_memory
from pipelines.data.sources import Source
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.search import Search, load_search
from pipelines.recipes.tuning import TuneConfig
from pipelines.report.imbalance import guessed_in_words
from pipelines.report.search import render_search
from pipelines.statistics.paired import paired
from pipelines.tuning.results import (
    TrialRecord,
    error_of_mean,
    stuck_in_words,
    verdict_in_words,
)
from pipelines.tuning.tuned import write_recipe
from pipelines.verbs.tune import _describe
from tests.pipelines.searches import result_of


def test_the_table_the_page_and_the_recipe(tmp_path):
    scores = {0.1: (0.5, 0.6), 0.01: (0.8, 0.9), 0.001: (), 0.02: (0.7, 0.9)}
    result = result_of(scores, retrained=(0.8, 0.9), untuned=(0.7, 0.7))
    assert [trial.mean for trial in result.ranked()] == pytest.approx([0.85, 0.8, 0.55])
    assert result.best.standard_error == pytest.approx(0.1 / 2)
    rows = result.csv().splitlines()
    assert rows[0] == "trial,train.learning_rate,budget,mean,standard_error,fold 1,fold 2,error"
    assert rows[3] == "2,0.001,,,,,,it broke & <stopped>"
    page = render_search(result)
    assert "it broke &amp; &lt;stopped&gt;" in page
    assert "85.0 ± 5.0" in page
    search = Search(
        recipe=load_recipe(None, {"train": {"epochs": 7}}),
        space={"train.learning_rate": [0.1], "gan.width": [8]},
    )
    best = TrialRecord(trial="0", values={"train.learning_rate": 0.1, "gan.width": 8})
    path = write_recipe(search, best, tmp_path / "tuned.toml", "Found by: x\n\n  y", 32)
    assert path.read_text().startswith("# Found by: x\n#\n#   y\n\n")
    recipe = load_recipe(path)
    assert recipe.gan.width == 8
    arms = recipe.resolved_arms()
    assert arms["tuned"].train.learning_rate == 0.1
    assert arms["untuned"].train.learning_rate == recipe.train.learning_rate
    assert {arm.train.epochs for arm in arms.values()} == {7}


def test_a_tuned_generator_is_compared_with_none(tmp_path):
    search = load_search("generator")
    best = TrialRecord(trial="0", values={"gan.learning_rate": 0.0005})
    recipe = load_recipe(write_recipe(search, best, tmp_path / "tuned.toml", "x", 32))
    assert recipe.gan.learning_rate == 0.0005
    assert [arm.generated for arm in recipe.resolved_arms().values()] == [False, True]


@pytest.mark.parametrize("mix", [{"strategy": "concatenate"}, {"origin": "copies"}])
def test_real_images_are_real_whatever_the_base_settings_mix_in(mix):
    recipe = load_recipe(None, {"mix": mix})
    search = Search(recipe=recipe, tune=TuneConfig(objective="kid"), space={"gan.width": [8]})
    arms = load_recipe(None, search.recipe_of({"gan.width": 8})).resolved_arms()
    kinds = {name: (arm.mix.strategy, arm.generated) for name, arm in arms.items()}
    joined = mix.get("strategy", "fraction")
    assert kinds == {"real": ("none", False), "real + synthetic": (joined, True)}


@pytest.mark.parametrize(
    ("protocol", "other", "words"),
    [
        ("draws", True, "others"),
        ("draws", False, "other draws from the same ones"),
        ("folds", False, "other folds of the same ones"),
        ("split", False, "the same ones, with other seeds"),
        ("shares", False, "other shares of the same ones"),
    ],
)
def test_the_page_says_on_which_images_the_recipe_compares(protocol, other, words):
    """Other seeds are no other images, and of a folder every draw is of the same few."""
    result = result_of({0.1: (0.5,)}, retrained=(0.8,), untuned=(0.7,), other_images=other)
    result.settings["recipe"]["data"]["protocol"] = protocol
    assert f"compares the two on {words}." in render_search(result)


def test_an_arm_that_has_tuned_generators_is_not_called_untuned():
    """All arms of a recipe share their generators."""
    recipe = load_recipe(None, {"mix": {"strategy": "fraction"}})
    search = Search(recipe=recipe, space={"gan.width": [8]})
    both = {"gan.width": 8, "train.batch": 8}
    assert [*search.recipe_of(both)["arms"]] == ["untuned but for its generators", "tuned"]
    assert [*search.recipe_of({"train.batch": 8})["arms"]] == ["untuned", "tuned"]
    assert search.recipe_of({})["arms"]["tuned"] == {}
    alone = load_recipe(None, search.recipe_of({"gan.width": 8}))
    arms = {name: arm.generated for name, arm in alone.resolved_arms().items()}
    assert arms == {"real": False, "tuned": True}


@pytest.mark.parametrize(
    ("base", "values"),
    [
        ({}, {"mix.strategy": "fraction"}),
        ({"train": {"model": "efficientnet_lite0"}}, {"train.frozen_epochs": 5}),
        ({"size": 48, "mix": {"strategy": "fraction"}}, {"train.batch": 8}),
    ],
)
def test_the_recipe_sees_its_images_at_the_size_that_was_searched(
    tmp_path, make_images, base, values
):
    """What the best setting has, generators or a pre-trained network, would have another one."""
    source = Source("s", in_memory(make_images(1, size=300)), None, own=True)
    search = Search(recipe=load_recipe(None, base), space={"augment": ["", "flip"]})
    size = search_size(search.recipe, source, of_generators=False)
    best = TrialRecord(trial="0", values=values)
    recipe = load_recipe(write_recipe(search, best, tmp_path / "tuned.toml", "x", size))
    assert set(arm_sizes(recipe, source).values()) == {size}
    assert not recipe.needs_generators or generator_size(recipe) == size


def test_trials_that_never_learned_are_named():
    result = result_of({0.1: (0.5, 0.5), 0.01: (0.8, 0.9)})
    assert stuck_in_words(result) == []
    first = result.trials[0].model_copy(update={"never_learned": 2, "trained": 2})
    result = result.model_copy(update={"trials": [first, result.trials[1]]})
    assert str(first).endswith("; never learned in 2 of 2 trainings")
    words = "cores that are chance: trial 1 never learned in 2 of 2 trainings"
    assert stuck_in_words(result) == [f"s{words}"]
    page = render_search(result)
    assert f"S{words}." in page
    assert "<td>2; never learned in 2 of 2 trainings</td>" in page


def test_nothing_is_claimed_against_an_untuned_setting_that_never_learned():
    result = result_of({0.1: (0.5,)}, retrained=(0.8, 0.9), untuned=(0.5, 0.7), untuned_never=1)
    lines = verdict_in_words(result)
    assert lines[1].endswith("no claim, for the untuned setting never learned in 1 of 2 trainings")
    both = result.model_copy(update={"retrained_never": 2})
    assert verdict_in_words(both)[2] == "the best setting never learned in 2 of 2 trainings"


def test_unequal_classes_are_said_of_a_search_too():
    result = result_of({0.1: (0.5,)}, retrained=(0.87,), untuned=(0.9,))
    assert guessed_in_words(result) == [], "of a search from before it was known"
    result = result.model_copy(update={"tested": [{"good": 87, "bad": 13}], "classes": [["a"]]})
    lines = [
        "Classes are unequal (87 test images of “good” and 13 of “bad” an instance): always "
        "guessing “good” would be right on 87.0 %.",
        "Warning: “tuned” is right on 87.0 %: no better than always guessing.",
    ]
    assert guessed_in_words(result) == lines
    assert all(line in render_search(result) for line in lines)
    equal = result.model_copy(update={"tested": [{"good": 50, "bad": 50}]})
    assert guessed_in_words(equal) == []


def test_classes_are_unequal_as_a_whole_and_guessing_is_of_one_of_them():
    """Folds of 6 and 7 images hold one more of the one class or the other; neither is guessed."""
    folds = [{"a": 2, "b": 1}, *[{"a": 1, "b": 2}] * 2, *[{"a": 1, "b": 1}] * 2]
    tested = {"retrained": (0.6,) * 5, "untuned": (0.6,) * 5, "tested": folds}
    result = result_of({0.1: (0.5,)}, **tested).model_copy(update={"classes": [["a", "b"]] * 5})
    assert guessed_in_words(result) == []
    more = [{"a": 2, "b": 1}, *[{"a": 1, "b": 4}] * 4]
    (said,) = guessed_in_words(result.model_copy(update={"tested": more}))[:1]
    assert said.endswith("always guessing “b” would be right on 70.7 %."), "not 77.3"


def test_a_search_that_only_failed_says_why():
    with pytest.raises(InputError, match="all 1 trials failed: it broke"):
        _ = result_of({0.1: ()}).best


def test_the_standard_error_is_that_of_the_corrected_t_test():
    scores = (0.7, 0.8, 0.75, 0.9, 0.6)
    for correlation, words in (
        (0.0, "mean ± standard error over 5 folds"),
        (0.2, "mean ± standard error over 5 folds, corrected for the images that they share"),
    ):
        trial = TrialRecord(trial="0", values={}, scores=scores, correlation=correlation)
        expected = paired(np.zeros(5), scores, correlation=correlation).se
        assert trial.standard_error == pytest.approx(expected)
        assert error_of_mean(trial) == words
    # Bouckaert and Frank 2004: of k folds 1/k + 1/(k - 1) in place of 1/k
    assert trial.standard_error == pytest.approx(np.std(scores, ddof=1) * np.sqrt(1 / 5 + 1 / 4))


@pytest.mark.parametrize(("scores", "correlation"), [((0.7,), 0.0), ((0.7, 0.8), 1.0)])
def test_without_folds_of_other_images_there_is_no_standard_error(scores, correlation):
    """Several instances of one split, scored on its validation images, train on the same ones."""
    result = result_of({0.1: scores})
    (trial,) = (one.model_copy(update={"correlation": correlation}) for one in result.trials)
    assert math.isnan(trial.standard_error)
    result = result.model_copy(update={"trials": [trial]})
    words = "one training" if len(scores) == 1 else "mean over 2 trainings on the same images: no"
    assert error_of_mean(trial).startswith(words)
    for text in (str(trial), "\n".join(_describe(result)), result.csv(), render_search(result)):
        assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", text)


def test_trials_from_before_the_correction_are_read():
    old = {"trial": "0", "values": {}, "budget": None, "scores": [0.5, 0.6], "error": ""}
    assert TrialRecord.model_validate(old).standard_error == pytest.approx(0.05)


def test_the_tuned_setting_is_compared_instance_by_instance():
    """Seeds are averaged first: three of them on one instance are no three instances."""
    tuned, untuned = (0.8, 0.7, 0.9, 0.9, 0.8, 0.9), (0.7, 0.7, 0.8, 0.7, 0.7, 0.8)
    two_by_three = result_of({0.1: (0.5,)}, retrained=tuned, untuned=untuned).model_copy(
        update={"classes": [["a", "b"]] * 3, "correlation": 0.2}
    )
    expected = paired([0.7, 0.7, 0.8], [0.85, 0.75, 0.9], correlation=0.2)
    assert two_by_three.against.mean == pytest.approx(expected.mean)
    assert two_by_three.against.se == pytest.approx(expected.se)
    lines = verdict_in_words(two_by_three)
    assert lines[0].startswith("tested, 2 seeds x 3 instances: tuned 83.3 ± 8.2 %, untuned 73.3")
    assert lines[1].startswith("tuned against untuned: +10.0 points (95 % interval ")
    assert "flatters" in verdict_in_words(two_by_three.model_copy(update={"seen": True}))[2]
    one = two_by_three.model_copy(update={"classes": [["a", "b"]]})
    assert "on the only instance" in verdict_in_words(one)[1]
    assert verdict_in_words(result_of({0.1: (0.5,)})) == []
