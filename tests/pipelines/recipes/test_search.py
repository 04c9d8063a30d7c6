"""Searches: read and checked."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from classifiers import build_model
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.search import Search, list_searches, load_search
from pipelines.recipes.tuning import TuneConfig
from tests.pipelines.searches import TEXT


@pytest.fixture
def search_file(tmp_path: Path) -> Path:
    path = tmp_path / "trial.toml"
    path.write_text(TEXT.format(tuner="grid", trials=4))
    return path


@pytest.mark.parametrize(
    ("gan", "space", "judge"),
    [
        ({}, {}, "efficientnet_lite0"),
        ({"discriminator": "projected"}, {}, "efficientnet_lite0"),
        ({"backbone": "efficientnet_lite0"}, {}, "efficientnet_lite0"),
        (
            {"discriminator": "projected", "backbone": "efficientnet_lite0"},
            {},
            "efficientnet_lite1",
        ),
        (
            {"backbone": "efficientnet_lite0"},
            {"gan.discriminator": ["pixels", "projected"]},
            "efficientnet_lite1",
        ),
    ],
)
def test_generators_are_measured_by_a_network_that_no_trial_looks_through(gan, space, judge):
    recipe = load_recipe(None, {"gan": gan})
    assert Search(recipe=recipe, space=space or {"augment": ["", "flip"]}).judge() == judge


def test_values_are_checked_beside_what_the_recipe_fixes(search_file):
    text = TEXT.format(tuner="grid", trials=4) + '"gan.patience" = [500, 1000]'
    search_file.write_text(text)
    with pytest.raises(InputError, match="name the judge"):
        load_search(search_file)
    search_file.write_text(text.replace("[train]", '[gan]\njudge = "random"\n[train]'))
    assert load_search(search_file).space["gan.patience"] == [500, 1000]


def test_a_search_whose_trials_look_through_every_judge_is_refused(search_file):
    text = TEXT.format(tuner="grid", trials=4).replace("last = 2", 'objective = "kid"')
    both = '"gan.backbone" = ["efficientnet_lite0", "efficientnet_lite1"]'
    gan = '[gan]\ndiscriminator = "projected"\n[train]'
    search_file.write_text(text.replace("[train]", gan) + both)
    with pytest.raises(InputError, match="no network is left to judge"):
        load_search(search_file)


@pytest.mark.parametrize(
    ("train", "space", "said"),
    [
        ({"patience": 3}, {}, "with train.patience: the validation images score the trials"),
        ({}, {"train.patience": [0, 3]}, "with train.patience"),
        ({"validation": 0.2}, {}, "with train.validation"),
        ({}, {"train.schedule": ["cosine", "plateau"]}, "with train.schedule='plateau'"),
    ],
)
def test_images_that_score_a_trial_cannot_watch_it(train, space, said):
    how = {
        "recipe": load_recipe(None, {"train": train}),
        "space": {"augment": ["", "flip"]} | space,
    }
    assert Search(**how)
    with pytest.raises(ValidationError, match=said):
        Search(**how, tune=TuneConfig(validation=True))


def test_sizes_are_nothing_to_search_for(search_file):
    """Every trial would have seen the same size, whatever it was said to have tried."""
    search_file.write_text(TEXT.format(tuner="grid", trials=4) + "size = [32, 64]")
    with pytest.raises(InputError, match=r"space.size: every trial sees .* set it as data.size"):
        load_search(search_file)


@pytest.mark.slow
@pytest.mark.parametrize("name", list_searches())
def test_searches_that_ship_are_sound(name):
    search = load_search(name)
    firsts, lasts = {}, {}
    for key, values in search.space.items():
        ends = values if isinstance(values, list) else [values.low, values.high]
        firsts[key], lasts[key] = ends[0], ends[-1]
    for values in (firsts, lasts):
        train = search.arm(values).train
        build_model(train.model, (32, 32, 3), 2, **train.model_params)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('augment = ["", "flip"]', '"train.learnin_rate" = [0.1]', "did you mean learning_rate or"),
        (
            'augment = ["", "flip"]',
            'augment = ["flup"]',
            "unknown augmentation 'flup'; did you mean flip",
        ),
        ("[0.1, 0.01]", '[0.1, "fast"]', "one type"),
        ("[0.1, 0.01]", "{low = 0.1, high = 0.01}", "low < high"),
        ("[0.1, 0.01]", "{low = 0.01, high = 0.1}", "grid needs a list"),
        ('"grid"', '"gird"', "tune.tuner: should be 'grid', .* received 'gird'"),
        ("title", "titel", "unknown key 'titel'; did you mean title"),
    ],
)
def test_a_wrong_search_is_one_line(search_file, old, new, said):
    search_file.write_text(search_file.read_text().replace(old, new))
    with pytest.raises(InputError, match=said) as caught:
        load_search(search_file)
    assert "\n" not in str(caught.value)


def test_an_unknown_search_is_named():
    with pytest.raises(InputError, match=r"did you mean .*pereira-p12"):
        load_search("pereira-p13")


def test_trials_change_what_they_name_and_nothing_else(search_file):
    search = load_search(search_file)
    arm = search.arm({"train.learning_rate": 0.5, "mix.fraction": 0.25})
    assert arm.train.learning_rate == 0.5
    assert arm.mix.fraction == 0.25
    assert arm.train.epochs == search.recipe.train.epochs == 4


def test_the_epochs_that_hyperband_gives_are_not_in_its_space(search_file):
    text = '"train.epochs" = [4, 8]\n'
    search_file.write_text(TEXT.format(tuner="random", trials=4) + text)
    assert "train.epochs" in load_search(search_file).space
    search_file.write_text(TEXT.format(tuner="hyperband", trials=4) + text)
    with pytest.raises(InputError, match=r"space\.train\.epochs: tuner 'hyperband' itself says"):
        load_search(search_file)


@pytest.mark.parametrize("key", ["train.seed", "gan.seed"])
def test_a_lucky_seed_is_not_searched_for(search_file, key):
    """The best one would be tested with that seed alone, and be said to be tested with several."""
    search_file.write_text(TEXT.format(tuner="random", trials=4) + f'"{key}" = [0, 1, 2]\n')
    with pytest.raises(InputError, match=f"space.{key}: chance is no setting to search for"):
        load_search(search_file)
