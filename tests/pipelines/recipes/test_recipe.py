from pathlib import Path

import numpy as np
import pytest

from classifiers.config import TrainConfig
from ganaug.config import GanConfig
from pipelines.augment import parse
from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.errors import RENAMED, RENAMED_VALUES, InputError
from pipelines.recipes.data import DataConfig
from pipelines.recipes.files import LIBRARY
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.recipe import Recipe, list_recipes, load_recipe, override
from pipelines.studies.rows import read_rows
from pipelines.training.checks import check_training


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_arm_changes_only_what_it_lists(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[train]\nepochs = 7\n[arms.a]\n[arms.b]\naugment = "flip"\ntrain.batch = 5\n'
        '[arms.c]\nexpand = "flip + rotate"\n',
    )
    arms = load_recipe(path).resolved_arms()
    assert list(arms) == ["a", "b", "c"]
    assert arms["a"].train == TrainConfig(epochs=7)
    assert arms["b"].train == TrainConfig(epochs=7, batch=5)
    assert (arms["a"].augment, arms["b"].augment) == ("", "flip")
    assert (arms["a"].expand, arms["c"].expand) == ("", "flip + rotate")


def test_options_given_beat_the_file_and_defaults_do_not(tmp_path: Path) -> None:
    path = write(tmp_path, "[data]\nper_class = 9\nseed = 4\n[arms.a]\n")
    recipe = override(path, "mnist5k", data=DataConfig(seed=0), train=TrainConfig())
    assert (recipe.data.source, recipe.data.per_class, recipe.data.seed) == ("mnist5k", 9, 0)
    assert recipe.name == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[train]\nepoch = 3", "mine.toml: unknown key 'train.epoch'; did you mean epochs?"),
        (
            "[train]\nepochs = 0",
            "mine.toml: train.epochs: should be greater than or equal to 1, received 0",
        ),
        ("[data]\nper_class = 'x'", "mine.toml: data.per_class: should be a valid integer"),
        ("[arms.a]\ntrain.lr = 1", "mine.toml: an arm: unknown key 'train.lr'"),
        ("[mix]\nstrategy = 'all'", "'whole_batches' or 'dada', received 'all'"),
        ("[mix]\norigin = 'gan'", "mix.origin: should be 'bank', 'near', 'copies', 'noise' or"),
        ("[mix]\ncopy_augment = 'flup'", "mix.copy_augment: unknown augmentation 'flup'"),
        (
            "augment = 'alternating_flip'\n[arms.a]\nmix.strategy = 'fraction'",
            "alternating_flip needs epochs of the same images, received mix.strategy 'fraction'",
        ),
        (
            "[mix]\nstrategy = 'pretrain'\n[arms.a]\ntrain.patience = 5",
            "mix.strategy 'pretrain' needs train.patience = 0, received 5: the loss jumps",
        ),
        ("arms = {}", "no arm to train"),
        ('expand = "flp"', "expand: unknown expansion 'flp'; did you mean flip?"),
        ('[arms.a]\nexpand = "patch_shuffle(1)"', "patch_shuffle: kernel: should be greater"),
        ("[train", "mine.toml: not a TOML file"),
        (
            "[mix]\nshare = 0.5",
            "mine.toml: unknown key 'mix.share'; it is called 'fraction' now",
        ),
        ("[gan]\nadaptive = 0.6", "unknown key 'gan.adaptive'; it is called 'ada_target' now"),
        ("[gan]\nr1 = 1", "unknown key 'gan.r1'; it is called 'r1_weight' now"),
        ("[gan]\nlecam = 0", "unknown key 'gan.lecam'; it is called 'lecam_weight' now"),
        ("[arms.a]\nmix.share = 0.5", "an arm: unknown key 'mix.share'; it is called 'fraction'"),
        ("[mix]\nstrategy = 'share'", "received 'share'; it is called 'fraction' now"),
        ("[train]\nschedule = 'lambda'", "received 'lambda'; it is called 'inverse' now"),
    ],
)
def test_wrong_settings_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_recipe(write(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_renamed_settings_are_called_now_exists() -> None:
    tables = {"gan": GanConfig, "mix": MixConfig, "train": TrainConfig}
    for old, new in RENAMED.items():
        table, name = old.split(".")
        assert new in tables[table].model_fields
        assert name not in tables[table].model_fields
    for (name, _), new in RENAMED_VALUES.items():
        (table,) = (one for one in tables.values() if name in one.model_fields)
        assert getattr(table.model_validate({name: new}), name) == new


def test_an_unknown_recipe_gets_the_closest_name() -> None:
    with pytest.raises(InputError, match="did you mean demo"):
        load_recipe("demos")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("pereira-p2", [100, 360_600]),
        ("pereira-p3", [100, 250_600]),
        ("pereira-p4", [100, 600, 100]),
        ("pereira-p5", [100, 10_600]),
        ("pereira-p6", [100, 10_100, 200, 400, 200, 400]),
    ],
)
def test_the_expansions_of_the_study_have_its_counts(name: str, counts: list[int]) -> None:
    pixels = np.zeros((100, 32, 32, 3), np.uint8)
    hundred = Images(pixels, np.arange(100) % 2, ("a", "b"), "blank")
    arms = load_recipe(name).resolved_arms().values()
    assert [len(Expansion(hundred, arm.expand)) for arm in arms] == counts


def test_the_sets_of_a2_are_those_of_the_study() -> None:
    arms = load_recipe("andrzejczuk-a2").resolved_arms()
    steps = {name: str(parse(arm.augment)) for name, arm in arms.items()}
    turned = "rotation(low=0, high=180, sampling=nearest)"
    toned = "invert(p=0.2)|solarize(threshold=100, p=0.2)"
    simple = f"resized_crop(low=0.08, high=1)|{turned}|flip(p=0.2)|{toned}"
    either = "mixup_or_cutmix(mixup_alpha=1, cutmix_alpha=1)"
    assert steps == {
        "none": "",
        "simple": simple,
        "advanced": either,
        "both": f"{simple}|{either}",
        "alternative": f"{turned}|flip(p=0.2)",
        "alternative, advanced": f"{turned}|flip(p=0.2)|{either}",
    }


@pytest.mark.parametrize("row", ["p2", "p4", "p11", "p12-tested", "p13", "p14-tested", "p15"])
def test_rows_of_one_test_bed_train_as_its_baseline_does(row: str) -> None:
    baseline = load_recipe("pereira-p1").resolved_arms()["real"].train
    assert (baseline.momentum, baseline.weight_decay, baseline.outputs) == (0.9, 5e-4, 10)
    for arm in load_recipe(f"pereira-{row}").resolved_arms().values():
        assert (arm.train.momentum, arm.train.weight_decay, arm.train.outputs) == (0.9, 5e-4, 10)


def test_p14_is_the_grid_of_the_study() -> None:
    arms = load_recipe("pereira-p14-tested").resolved_arms()
    rates, batches = (0.001, 0.01, 0.05, 0.1), (10, 32, 64, 128)
    found = {(arm.train.learning_rate, arm.train.batch) for arm in arms.values()}
    assert found == {(rate, batch) for rate in rates for batch in batches}
    assert len(arms) == 16


@pytest.mark.parametrize("name", list_recipes())
def test_every_recipe_that_ships_is_valid_and_shows_its_command(name: str) -> None:
    recipe = load_recipe(name)
    assert set(recipe.published) <= {*recipe.arms, *recipe.ensembles}
    for arm in recipe.resolved_arms().values():
        check_training(arm)
    header = (LIBRARY / f"{name}.toml").read_text(encoding="utf-8").split("\n\n")[0]
    rows = [row for row, one in read_rows().items() if name in {step.run for step in one.steps}]
    commands = [f"--recipe {name}", *(f"ganaug study run {row}" for row in rows)]
    assert any(command in header for command in commands)


def test_arms_of_another_recipe_join():
    ours = load_recipe(None, {"arms": {"real": {}}})
    theirs = load_recipe(None, {"name": "own", "train": {"epochs": 7}, "arms": {"mine": {}}})
    both = ours.joined(theirs).resolved_arms()
    assert both["mine"].train.epochs == 7
    assert both["real"].train.epochs == ours.train.epochs
    base = {"schedule": "cosine", "schedule_params": {"warmup": 0.1}, "outputs": 10}
    ours = load_recipe(None, {"train": base, "augment": "flip", "size": 32, "arms": {"real": {}}})
    for cosine in ({}, {"schedule": "cosine"}, {"model_params": {"filters": 8}}):
        theirs = load_recipe(None, {"name": "own", "train": cosine, "arms": {"mine": {}}})
        both = ours.joined(theirs)
        assert both.resolved_arms() == ours.resolved_arms() | theirs.resolved_arms()
        again = Recipe.model_validate(both.model_dump(mode="json"))
        assert again.resolved_arms() == both.resolved_arms()
    small = {"name": "own", "data": {"size": 32}, "arms": {"mine": {}, "large": {"size": 96}}}
    for size, expected in ((None, [None, 32, 96]), (64, [None, None, 96])):
        ours = load_recipe(None, {"data": {"size": size}, "arms": {"real": {}}})
        both = ours.joined(load_recipe(None, small)).resolved_arms()
        assert [one.size for one in both.values()] == expected
    ours = load_recipe(None, {"arms": {"real": {}}})
    with pytest.raises(InputError, match="own: there is an arm 'mine' already"):
        ours.joined(theirs).joined(theirs)
    generated = {"generated": {"mix": {"strategy": "fraction"}}}
    few = load_recipe(None, {"name": "few", "gan": {"steps": 5}, "arms": generated})
    assert ours.joined(few).gan.steps == 5
    more = load_recipe(None, {"arms": {"one": {"mix": {"strategy": "fraction"}}}})
    with pytest.raises(InputError, match=r"few: its generators .* differ from those of compare"):
        more.joined(few)
