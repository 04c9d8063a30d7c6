"""At which size each arm sees the pictures."""

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
from pipelines.recipes.recipe import load_recipe
from pipelines.workspace import TRAIN

ARMS = {
    "scratch": {},
    "generated": {"mix": {"strategy": "fraction"}},
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
        (40, dict.fromkeys(ARMS, 40)),
    ],
)
def test_each_arm_sees_what_suits_its_model(tmp_path, side, sizes):
    source = photographs(tmp_path / "pets", side)
    recipe = load_recipe(None, {"arms": ARMS})
    expected = dict.fromkeys(ARMS, 64) | sizes | {"given": 48}
    assert arm_sizes(recipe, source) == expected
    assert generator_size(recipe, source) == min(64, side)
    assert needed_sizes(recipe, source) == sorted({*expected.values(), min(64, side)})


def test_one_size_for_all_is_the_data_s(tmp_path):
    source = photographs(tmp_path / "pets", 100)
    recipe = load_recipe(None, {"arms": ARMS, "data": {"size": 80}})
    assert arm_sizes(recipe, source) == dict.fromkeys(ARMS, 80) | {"given": 48}
    assert needed_sizes(recipe, source) == [48, 80]


def test_generators_and_their_classifier_take_a_multiple_of_8(make_images):
    pixels = np.zeros((4, 50, 50, 3), np.uint8)
    source = Source("mine", in_memory(Images(pixels, np.arange(4) % 2, ("a", "b"), "mine")), None)
    recipe = load_recipe(
        None,
        {
            "arms": {"real": {}, "dada": {"mix": {"strategy": "dada"}}},
            "gan": {"scope": "conditional"},
        },
    )
    assert arm_sizes(recipe, source) == {"real": 50, "dada": 48}
    assert generator_size(recipe, source) == 48
    assert search_size(recipe, source, of_generators=False) == 50
    assert search_size(recipe, source, of_generators=True) == 48


def test_the_images_of_one_size_do_not_depend_on_the_others(tmp_path):
    """Nor does which pictures are drawn: an arm's result is the same beside any other arm."""
    source = photographs(tmp_path / "pets", 100, count=8)
    recipe = load_recipe(None, {"arms": {"a": {}, "b": {"size": 96}}, "data": {"instances": 2}})
    both = draw_instances(source, recipe.data, tmp_path, [64, 96])
    again = photographs(tmp_path / "again" / "pets", 100, count=8)
    alone = draw_instances(again, recipe.data, tmp_path, [96])
    assert [one.at[96] for one in both] == [one.at[96] for one in alone]
    assert [(one.train, one.test) for one in both] == [(one.train, one.test) for one in alone]
    for _, arm, task in plan_trainings(recipe, both, None, arm_sizes(recipe, source)):
        images = Images.load(tmp_path / task.instance / TRAIN)
        assert images.size == ((64, 64) if arm == "a" else (96, 96))
        assert task.arm.size == images.size[0]


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
    gans = plan_gans(drawn, recipe.gan, generator_size(recipe, source))
    assert Images.load(tmp_path / gans[0][0].instance / TRAIN).size == (64, 64)
    banks = [bank_folder(group) for group in gans]
    trainings = plan_trainings(recipe, drawn, banks, arm_sizes(recipe, source))
    assert {task.instance for *_, task in trainings} == {drawn[0].at[96].folder}
