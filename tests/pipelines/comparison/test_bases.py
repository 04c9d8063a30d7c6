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


def test_what_an_arm_takes_back_is_not_what_it_trains_with():
    taken = {"drop": ["augment", "train.schedule_params"], "train": {"schedule": "constant"}}
    generated = taken | {"mix": {"strategy": "fraction"}}
    base = {"augment": "flip", "train": {"schedule": "cosine", "schedule_params": {"warmup": 0.1}}}
    arms = {"flips": {}, "plain": taken, "generated": generated}
    recipe = load_recipe(None, base | {"arms": arms}).model_dump(mode="json")
    assert base_of(recipe, "generated") == "plain"
    dropped = base | {
        "arms": {"flips": {}, "made": {"drop": ["augment"]} | {"mix": generated["mix"]}}
    }
    assert joined_arms(load_recipe(None, dropped).model_dump(mode="json")) == []
