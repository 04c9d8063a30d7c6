import json
import shlex
from pathlib import Path

import pytest
from pydantic import BaseModel

from classifiers.config import TrainConfig
from pipelines.cli import main
from pipelines.recipes.data import DataConfig
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.files import PAPER
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.recipe import override
from pipelines.verbs import classify as classify_verb
from pipelines.workspace import PREDICTIONS
from tests.pipelines.verbs.command import failing


@pytest.mark.slow
def test_controls_take_the_place_of_generated_images(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "controls.toml"
    arms = {
        "copies": {"strategy": "fraction", "origin": "copies", "synthetic_weight": 0.5},
        "noise": {"strategy": "pretrain", "origin": "noise", "synthetic_smoothing": 0.1},
        "ceiling": {"strategy": "whole_batches", "origin": "extra_real", "per_class": 7},
    }
    lines = ["[mix]", "per_class = 9", "[train]", 'model = "pereira_small"', "[arms.real]"]
    for name, mix in arms.items():
        lines += [f"[arms.{name}.mix]", *(f"{key} = {value!r}" for key, value in mix.items())]
    recipe.write_text("\n".join(lines))
    words = ["classify", str(photographs), "--recipe", str(recipe), "--train.epochs", "2"]
    words += ["--per-class", "8", "--test-per-class", "4", "--instances", "1", "--workers", "1"]
    words += ["--classes", "2"]
    words += ["--train.batch", "10", "--outputs", str(tmp_path / "outputs")]
    assert main(words) == 0
    (comparison,) = (tmp_path / "outputs" / "comparison").iterdir()
    result = json.loads((comparison / "result.json").read_text())
    seen = {one["arm"]: one["result"]["train_images"] for one in result["trainings"]}
    assert seen == {"real": 16, "copies": 34, "noise": 34, "ceiling": 30}
    assert {one["result"]["steps"] for one in result["trainings"]} == {4}
    assert not (tmp_path / "outputs" / "gan").exists()
    wrong = [*words, "--mix.teacher", "efficientnet_lite"]
    assert "efficientnet_lite0" in failing(capsys, *wrong), "before anything is trained"
    wrong = [*words, "--expand", "patch_shuffle(64)"]
    assert "needs images of 64 pixels or more, received 32x32" in failing(capsys, *wrong)
    words[words.index("--test-per-class") + 1] = "6"
    message = failing(capsys, *words)
    assert "has 6 further training images, 7 are asked for; lower mix.per_class" in message


def test_the_command_in_a_report_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        classify_verb, "plan_comparison", lambda given, *_: seen.append(given) or []
    )
    tables = {
        "data": DataConfig(skip_bad=True, per_class=9),
        "train": TrainConfig(
            model="airbench", model_params={"width": 8}, evaluate_at=(1, 2), decay_biases=False
        ),
        "augment": "flip|shift(4)",
        "input": InputConfig(on_device=True, workers="auto"),
        "seeds": 3,
    }
    command = classify_verb._command("mnist5k", None, PAPER, tables, Path("outputs"))
    assert main([*shlex.split(command)[1:], "--dry-run"]) == 0
    assert seen == [override(None, "mnist5k", **tables)]


@pytest.mark.parametrize("value", [3, 0.5, True, False, "same", "relu,tanh", [1, 2]])
def test_parameters_keep_their_names_and_kinds_in_the_command(
    monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    seen = []
    monkeypatch.setattr(
        classify_verb, "plan_comparison", lambda given, *_: seen.append(given) or []
    )
    tables = {"train": TrainConfig(model_params={"of_a_model": value})}
    command = classify_verb._command("my 'pets'", None, PAPER, tables, Path("elsewhere"))
    assert command.endswith(" --outputs elsewhere")
    assert main([*shlex.split(command)[1:], "--dry-run"]) == 0
    assert seen == [override(None, "my 'pets'", **tables)]


@pytest.mark.parametrize(
    "tables",
    [
        {"data": DataConfig(protocol="shares", shares=(70, 12.5, 17.5))},
        {"data": DataConfig(source="mnist5k", classes="-3,8")},
        {"train": TrainConfig(schedule="cyclic", momentum_cycle=(0.8, 0.9))},
        {"train": TrainConfig(evaluate_at=(), wandb_project="-")},
        {"gan": GeneratorConfig(label_ramp=(0.1, 0.2), expand="flip + rotate")},
    ],
)
def test_pairs_empty_lists_and_dashes_are_read_again(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, BaseModel]
) -> None:
    seen = []
    monkeypatch.setattr(
        classify_verb, "plan_comparison", lambda given, *_: seen.append(given) or []
    )
    command = classify_verb._command("mnist5k", "mesquita-m1", PAPER, tables)
    assert main([*shlex.split(command)[1:], "--dry-run"]) == 0
    assert seen == [override("mesquita-m1", "mnist5k", **tables)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--augment", "shift(99)"], "shift(px=99) cannot mirror images of 32x32"),
        (["--mix.copy-augment", "shift(99)"], "shift(px=99) cannot mirror images of 32x32"),
        (["--mix.strategy", "dada"], "needs gan.scope='conditional'"),
    ],
)
def test_what_no_image_could_take_is_said_at_once(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["classify", "mnist5k", *words, "--instances", "1", "--outputs", str(tmp_path)]
    assert said in failing(capsys, *words)
    assert not (tmp_path / "gan").exists()


@pytest.mark.slow
def test_several_seeds_an_arm_from_the_plan_to_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    (tmp_path / "two.toml").write_text(
        "[data]\nsource = 'mnist5k'\nclasses = '3,8'\nper_class = 12\ntest_per_class = 20\n"
        "instances = 3\n[train]\nepochs = 2\nmodel = 'pereira_small'\n"
        "[arms.plain]\n[arms.faster]\ntrain.learning_rate = 0.02\n"
    )
    words = ["classify", "--recipe", str(tmp_path / "two.toml"), "--outputs", str(tmp_path)]
    words += ["--workers", "1"]
    assert main([*words, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "train: 6 tasks, 0 finished" in said
    assert "power: with 3 instances a difference of" in said
    assert "usual for two classes" in said
    assert main(words) == 0
    alone = set((tmp_path / "train").iterdir())
    capsys.readouterr()
    assert main([*words, "--seeds", "2", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "train: 12 tasks, 6 finished, 6 to run" in said
    assert "of finished trainings, up to 3 instances" in said
    assert main([*words, "--seeds", "2"]) == 0
    said = capsys.readouterr().out
    assert "each the mean of 2 trainings that differ in their seeds" in said
    assert "Method: " in said
    assert alone < set((tmp_path / "train").iterdir())
    assert all((folder / PREDICTIONS).is_file() for folder in (tmp_path / "train").iterdir())
    pages = [path.read_text() for path in (tmp_path / "comparison").glob("*/report.html")]
    assert sorted("the mean of 2 trainings" in page for page in pages) == [False, True]


def test_no_seed_at_all_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    message = failing(capsys, "classify", "mnist5k", "--seeds", "0", "--dry-run")
    assert "seeds: should be greater than or equal to 1, received 0" in message
