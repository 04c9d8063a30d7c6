"""The whole job through the command line, and bad input answered by one line."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifiers.config import TrainConfig
from ganaug import Bank
from pipelines.augment import SETS, list_augmentations
from pipelines.cli import VERBS, main
from pipelines.data.images import EVERY_CLASS, Images
from pipelines.errors import InputError
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.recipe import DataConfig, override
from pipelines.verbs import classify as classify_verb

TINY_GAN = ["--gan.steps", "2", "--gan.width", "4", "--gan.latent", "8", "--gan.grid-every", "1"]
TINY = [
    *("--per-class", "10", "--test-per-class", "6", "--instances", "1", "--workers", "1"),
    *("--train.epochs", "2", "--mix.per-class", "12", *TINY_GAN),
]


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 20 noisy images of one colour each."""
    root = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for name, colour in (("apple", (220, 40, 40)), ("leaf", (40, 200, 40)), ("sky", (60, 90, 220))):
        (root / name).mkdir()
        for index in range(20):
            noise = random.normal(0, 30, (40, 36, 3))
            pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{index}.png")
    return root


@pytest.fixture(scope="module")
def outputs(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a whole comparison of the three default arms has run."""
    folder = tmp_path_factory.mktemp("outputs")
    assert main(["classify", str(photographs), *TINY, "--outputs", str(folder)]) == 0
    return folder


def failing(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a command that must fail with one line, and return the line."""
    assert main([str(word) for word in words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    said = [line for line in lines if line.startswith("ganaug: ")]
    assert len(said) == 1
    assert "Traceback" not in "".join(lines)
    return said[0]


def test_a_comparison_leaves_results_a_report_and_classifiers(outputs: Path) -> None:
    (comparison,) = (outputs / "comparison").iterdir()
    result = json.loads((comparison / "result.json").read_text())
    assert result["arms"] == ["real", "real + synthetic", "real + flip, shift"]
    assert len(result["trainings"]) == 3
    assert len(result["gans"]) == 2
    for training in result["trainings"]:
        assert (outputs / training["folder"] / "model.keras").is_file()
        assert sum(map(sum, training["result"]["scores"]["confusion"])) == 12
    steps = {training["result"]["steps"] for training in result["trainings"]}
    assert len(steps) == 1, "arms are compared at equally many optimiser steps"
    page = (comparison / "report.html").read_text()
    assert "real + synthetic" in page
    assert "data:image" in page


def test_a_second_run_trains_nothing(
    photographs: Path, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in outputs.glob("*/*/result.json")}
    words = ["classify", str(photographs), *TINY, "--outputs", str(outputs)]
    assert main([*words, "--dry-run"]) == 0
    assert "gan: 2 tasks, 2 finished, 0 to run" in capsys.readouterr().out
    assert main(words) == 0
    after = {path: path.stat().st_mtime_ns for path in outputs.glob("*/*/result.json")}
    changed = {path for path in after if before.get(path) != after[path]}
    assert {path.parent.parent.name for path in changed} <= {"comparison"}


def test_generators_are_shared_between_commands(
    photographs: Path, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gans = set((outputs / "gan").iterdir())
    options = [word.replace("--gan.", "--") for word in TINY_GAN]
    words = ["gan", str(photographs), "--per-class", "10", *options, "--outputs", str(outputs)]
    assert main(words) == 0
    assert set((outputs / "gan").iterdir()) == gans
    said = capsys.readouterr().out
    assert "leaf: 2 steps, step 2 kept" in said
    assert "sample grid" in said
    trained = {p.read_bytes() for p in outputs.glob("instance/*/train.npz")}
    assert len(trained) == 1
    for path in outputs.glob("instance/*/test.npz"):
        assert Images.load(path).counts().min() >= 6


def test_a_bank_is_sampled_by_a_fresh_process(outputs: Path, tmp_path: Path) -> None:
    bank = tmp_path / "moved"
    shutil.copytree(next((outputs / "bank").iterdir()), bank)
    ganaug = Path(sys.executable).with_name("ganaug")
    words = ["sample", bank, "--n", "3", "--out"]
    subprocess.run([ganaug, *words, tmp_path / "samples.npz"], check=True, capture_output=True)
    for out in ("grid.png", "folder"):
        assert main([str(word) for word in (*words, tmp_path / out)]) == 0
    with np.load(tmp_path / "samples.npz") as arrays:
        assert arrays["images"].shape == (6, 32, 32, 3)
        assert arrays["images"].dtype == np.uint8
        first = arrays["images"][0]
    written = sorted((tmp_path / "folder").rglob("*.png"))
    assert len(written) == 6
    assert len({path.parent.name for path in written}) == 2
    assert any(np.array_equal(np.asarray(Image.open(path)), first) for path in written)
    assert Image.open(tmp_path / "grid.png").width > 8 * 32


def test_bad_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "missing" in failing(capsys, "gan", tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    assert "empty" in failing(capsys, "gan", tmp_path / "empty")


def test_too_few_images(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = failing(
        capsys, "gan", photographs, "--per-class", "40", "--outputs", tmp_path / "new"
    )
    assert "20" in message
    assert "40" in message
    assert not (tmp_path / "new").exists()


def test_a_broken_image_is_named_and_can_be_skipped(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    broken = folder / "sky" / "7.png"
    broken.write_bytes(broken.read_bytes()[:200])
    assert "7.png" in failing(capsys, "data", folder, "--out", tmp_path / "pictures")
    words = ["data", folder, "--per-class", 8, "--skip-bad", "--out", tmp_path / "pictures"]
    assert main([str(word) for word in words]) == 0


@pytest.mark.parametrize(
    ("words", "close"),
    [
        (["gan", "PHOTOGRAPHS", "--classes", "aple,leaf"], "apple"),
        (["gan", "mnist5"], "mnist5k"),
        (["classify", "PHOTOGRAPHS", "--train.model", "pereira_smal"], "pereira_small"),
        (["classify", "PHOTOGRAPHS", "--recipe", "demmo"], "demo"),
        (["classify", "PHOTOGRAPHS", "--train.optimizer", "adm"], "adam"),
        (["gan", "PHOTOGRAPHS", "--stepz", "3"], "--steps"),
        (["gn"], "gan"),
    ],
)
def test_unknown_names_get_the_closest(
    photographs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    close: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = [str(photographs) if word == "PHOTOGRAPHS" else word for word in words]
    if shown[0] == "classify":
        shown += ["--per-class", "10", "--instances", "1", "--workers", "1"]
    assert close in failing(capsys, *shown)


def test_wrong_values_name_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    message = failing(capsys, "gan", "--steps", "0")
    assert "steps" in message
    assert "received" in message


def test_outputs_that_cannot_be_written(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    message = failing(
        capsys, "gan", photographs, "--per-class", "10", "--outputs", tmp_path / "file"
    )
    assert "cannot be written" in message


def test_a_bank_of_another_size(outputs: Path) -> None:
    from ganaug import Bank
    from pipelines.data.images import Images
    from pipelines.recipes.mix import MixConfig
    from pipelines.synthetic.origins import synthesise

    bank = Bank(next((outputs / "bank").iterdir()))
    larger = Images(
        np.zeros((2, 48, 48, 3), np.uint8), np.array([0, 1]), tuple(bank.class_names), "larger"
    )
    with pytest.raises(InputError, match="makes images of 32 pixels, 48 are needed"):
        synthesise(MixConfig(), larger, 0, bank=bank)
    with pytest.raises(InputError, match="makes images of 32 pixels, 48 are needed"):
        bank.near(0, larger.pixels, 3, seed=0)
    near = bank.near(0, larger.pixels[:, :32, :32], 3, seed=0)
    assert (near.shape, near.dtype) == ((3, 32, 32, 3), np.uint8)


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


def test_a_trained_classifier_is_handed_over(
    photographs: Path, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training = next(path.parent for path in (outputs / "train").glob("*/result.json"))
    words = ["predict", photographs / "apple", "--model", training, "--form", "json"]
    assert main([str(word) for word in words]) == 0
    records = json.loads(capsys.readouterr().out)
    assert len(records) == 20
    for record in records:
        chosen = max(record["probabilities"], key=record["probabilities"].get)
        assert record["class"] == chosen
        assert sum(record["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    words = ["predict", photographs / "apple" / "0.png", "--model", outputs]
    assert "no finished training" in failing(capsys, *words)
    words = ["predict", training / "result.json", "--model", training]
    assert "1 of 1 images cannot be read" in failing(capsys, *words)


def test_models_are_listed_with_their_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "pereira*"]) == 0
    head, *rows = capsys.readouterr().out.strip().splitlines()
    assert "2 x MACs" in head
    assert [row.split()[0] for row in rows] == ["pereira_baseline", "pereira_small"]
    assert "known" in failing(capsys, "models", "list", "nothing*")


def test_every_verb_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in VERBS:
        assert main([*verb.split(), "--help"]) == 0
        shown = capsys.readouterr().out
        assert "Example" in shown, verb


def test_the_augmentation_sheet_has_a_row_for_each(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["augment", "preview", "--image-folder", str(photographs), "--columns", "3"]
    heights = {}
    for name, more in (("all", []), ("one", ["--augment", "flip|shift(4)"])):
        out = tmp_path / f"{name}.png"
        assert main([*words, *more, "--out", str(out)]) == 0
        heights[name] = Image.open(out).height
    height = heights["one"] // 9  # the originals and eight draws
    names = 1 + len(list_augmentations()) + len(SETS) + 5  # terms of offline expansions
    assert heights["all"] == names * height
    assert "did you mean flip?" in failing(capsys, *words, "--augment", "flup|shift(4)")


def test_a_projected_generator_keeps_its_best_step(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["gan", str(photographs), "--per-class", "10", "--classes", "apple", "--workers", "1"]
    words += ["--steps", "4", "--batch", "4", "--width", "4", "--latent", "8"]
    words += ["--discriminator", "projected", "--backbone-size", "32"]
    words += [
        "--grid-every",
        "2",
        "--judge",
        "random",
        "--quality-every",
        "2",
        "--outputs",
        str(tmp_path),
    ]
    assert main(words) == 0
    (folder,) = (tmp_path / "gan").iterdir()
    record = json.loads((folder / "record.json").read_text())
    assert [step for step, _ in record["scores"]] == [2, 4]
    said = capsys.readouterr().out
    assert "looked through efficientnet_lite1" in said
    assert f"{folder}: interpolation.png, quality.png, timelapse.gif" in said
    for picture in ("timelapse.gif", "interpolation.png", "quality.png"):
        assert Image.open(folder / picture).width > 50
    assert record["kept_step"] == min(record["scores"], key=lambda score: score[1])[0]
    assert "known: efficientnet_lite0, efficientnet_lite1" in failing(
        capsys, *words, "--backbone", "efficientnet_lite"
    )


@pytest.mark.parametrize(("scope", "made"), [("conditional", ["apple", "leaf"]), ("pooled", [])])
def test_one_network_for_all_classes(
    scope: str,
    made: list[str],
    photographs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["gan", str(photographs), "--per-class", "10", "--classes", "apple,leaf"]
    words += ["--scope", scope, "--steps", "2", "--batch", "4", "--width", "4", "--workers", "1"]
    assert main([*words, "--outputs", str(tmp_path)]) == 0
    assert len(list((tmp_path / "gan").iterdir())) == 1
    (bank,) = (tmp_path / "bank").iterdir()
    assert Bank(bank).class_names == (made or [EVERY_CLASS])
    assert main(["sample", str(bank), "--out", str(tmp_path / "grid.png")]) == 0
    assert main(["quality", str(bank), "--judges", "random", "--n", "12"]) == 0
    assert (made or [EVERY_CLASS])[0] in capsys.readouterr().out


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
    }
    command = classify_verb._command("mnist5k", None, tables)
    assert main([*shlex.split(command)[1:], "--dry-run"]) == 0
    assert seen == [override(None, "mnist5k", **tables)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--augment", "shift(99)"], "shift"),
        (["--mix.copy-augment", "shift(99)"], "shift"),
        (["--mix.strategy", "dada"], "needs gan.scope='conditional'"),
    ],
)
def test_what_no_image_could_take_is_said_at_once(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["classify", "mnist5k", *words, "--instances", "1", "--outputs", str(tmp_path)]
    assert said in failing(capsys, *words)
    assert not (tmp_path / "gan").exists()
