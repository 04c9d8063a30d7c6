"""Which arm another one builds on."""

from pipelines.comparison.bases import Joined, base_of, joined_arms
from pipelines.recipes.recipe import load_recipe

GENERATED = "flips, shifts and generated images"
CONTROL = "control: copies for generated images"


def test_generated_images_build_on_the_same_training_without_them():
    recipe = load_recipe("compare-best").model_dump(mode="json")
    assert base_of(recipe, GENERATED) == "flips and shifts"
    assert base_of(recipe, CONTROL) == "flips and shifts"
    assert base_of(recipe, "linear probe") == "from scratch"
    assert base_of(recipe, "from scratch") is None
    assert joined_arms(recipe) == [Joined(GENERATED, "flips and shifts", CONTROL)]


def test_where_the_same_training_was_not_tried_the_reference_stands_in():
    recipe = load_recipe("compare-best").model_dump(mode="json")
    del recipe["arms"]["flips and shifts"]
    assert base_of(recipe, GENERATED) == "from scratch"
    assert joined_arms(recipe) == []
    assert joined_arms(load_recipe("compare-quick").model_dump(mode="json")) == []
