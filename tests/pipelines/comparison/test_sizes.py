"""At which size each arm sees the pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.comparison.instances import draw_instances
from pipelines.comparison.plan import bank_folder, plan_gans, plan_trainings
from pipelines.comparison.sizes import arm_sizes, generator_size, needed_sizes, search_size
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.sources import Source, load_source
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.search import load_search
from pipelines.workspace import TRAIN

ARMS = {
    "scratch": {},
    "probe": {"train": {"model": "efficientnet_lite0", "probe": "ridge"}},
    "resized": {"train": {"model": "resnet50", "model_params": {"size": 160}}},
    "pretrained": {"train": {"model": "resnet50", "model_params": {"weights": "imagenet"}}},
    "frozen": {"train": {"model": "efficientnetb3", "frozen_epochs": 1}},
    "given": {"size": 48},
}


def photographs(folder: Path, side: int, count: int = 4) -> Source:
    """Return a folder of two classes of noise, a little wider than high."""
    rng = np.random.default_rng(side)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (side, side + 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return load_source(str(folder))


@pytest.mark.parametrize(
    ("side", "sizes"),
    [
        (300, {"probe": 224, "resized": 160, "pretrained": 224, "frozen": 296}),
        (100, {"probe": 96, "resized": 96, "pretrained": 96, "frozen": 96}),
        (40, {"scratch": 40, "probe": 40, "resized": 40, "pretrained": 40, "frozen": 40}),
    ],
)
def test_each_arm_sees_what_suits_its_model(tmp_path, side, sizes):
    source = photographs(tmp_path / "pets", side)
    recipe = load_recipe(None, {"arms": ARMS})
    expected = {"scratch": 64, "given": 48} | sizes
    assert arm_sizes(recipe, source) == expected
    assert needed_sizes(recipe, source) == sorted({*expected.values()})


def test_networks_from_scratch_see_what_generators_can_make(tmp_path):
    """All of them, so that arms differ in what joins the real pictures only."""
    source = photographs(tmp_path / "pets", 100)
    arms = {"real": {}, "both": {"mix": {"strategy": "fraction"}}, "probe": ARMS["probe"]}
    recipe = load_recipe(None, {"arms": arms})
    assert arm_sizes(recipe, source) == {"real": 32, "both": 32, "probe": 96}
    assert generator_size(recipe) == 32
    assert needed_sizes(recipe, source) == [32, 96]


def test_one_size_for_all_is_the_data_s(tmp_path):
    source = photographs(tmp_path / "pets", 100)
    recipe = load_recipe(None, {"arms": ARMS, "data": {"size": 80}})
    assert arm_sizes(recipe, source) == dict.fromkeys(ARMS, 80) | {"given": 48}
    assert needed_sizes(recipe, source) == [48, 80]
    assert generator_size(recipe) == 80


def test_a_discriminator_that_becomes_a_classifier_keeps_its_size(make_images):
    images = make_images(4)
    pixels = np.zeros((len(images), 50, 50, 3), np.uint8)
    source = Source("mine", in_memory(replace(images, pixels=pixels)), None)
    arms = {"real": {"size": 48}, "dada": {"mix": {"strategy": "dada"}}}
    recipe = load_recipe(None, {"arms": arms, "gan": {"scope": "conditional"}})
    assert arm_sizes(recipe, source) == {"real": 48, "dada": 32}
    arms["dada"]["size"] = 48
    with pytest.raises(InputError, match=r"arm 'dada': size 48 .* sees their 32 pixels"):
        arm_sizes(load_recipe(None, {"arms": arms, "gan": {"scope": "conditional"}}), source)
    assert source.found([48]) == []
    assert source.found([48, 32]) == ["images of 50 pixels were shrunk to 32 (--size for more)"]
    assert search_size(recipe, source, of_generators=False) == 50
    assert search_size(load_recipe(None), source, of_generators=True) == 32


def test_a_search_sees_what_its_tuned_recipe_will(tmp_path):
    """Not halved for generators of arms that neither of them trains."""
    source = photographs(tmp_path / "pets", 100)
    search = load_search("small-cnn")
    assert search.recipe.needs_generators, "by its default arms, which it never trains"
    size = search_size(search.recipe, source, of_generators=False)
    found = load_recipe(None, search.recipe_of({"augment": "flip"}))
    assert {*arm_sizes(found, source).values()} == {size} == {64}


def test_the_images_of_one_size_do_not_depend_on_the_others(tmp_path):
    """Nor does which pictures are drawn: an arm's result is the same beside any other arm."""
    source = photographs(tmp_path / "pets", 100, count=8)
    recipe = load_recipe(None, {"arms": {"a": {}, "b": {"size": 96}}, "data": {"instances": 2}})
    both = draw_instances(source, recipe.data, tmp_path, [64, 96])
    again = photographs(tmp_path / "again" / "pets", 100, count=8)
    alone = draw_instances(again, recipe.data, tmp_path, [96])
    assert [one.at[96] for one in both] == [one.at[96] for one in alone]
    assert [(one.train, one.test) for one in both] == [(one.train, one.test) for one in alone]
    for one in plan_trainings(recipe, both, None, arm_sizes(recipe, source)):
        images = Images.load(tmp_path / one.task.instance / TRAIN)
        assert images.size == ((64, 64) if one.arm == "a" else (96, 96))
        assert one.task.arm.size == images.size[0]


def test_generators_are_trained_on_their_own_size(tmp_path):
    source = photographs(tmp_path / "pets", 100, count=8)
    recipe = load_recipe(
        None,
        {
            "arms": {"real": {"size": 96}, "both": {"size": 96, "mix": {"strategy": "fraction"}}},
            "data": {"instances": 1},
        },
    )
    drawn = draw_instances(source, recipe.data, tmp_path, needed_sizes(recipe, source))
    gans = plan_gans(drawn, recipe.gan, generator_size(recipe))
    assert Images.load(tmp_path / gans[0][0].instance / TRAIN).size == (32, 32)
    banks = [bank_folder(group) for group in gans]
    trainings = plan_trainings(recipe, drawn, banks, arm_sizes(recipe, source))
    assert {one.task.instance for one in trainings} == {drawn[0].at[96].folder}
