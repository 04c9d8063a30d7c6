"""Follows `docs/adding.md`: every example there runs as it stands, and what it adds works."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import ganaug.quality.measures
import pipelines.augment.registry
import pipelines.data.sources.registry
from classifiers.config import TrainConfig
from classifiers.models import registry
from classifiers.training.train import train
from ganaug.quality import QualityReport, assess
from pipelines.augment import list_augmentations, parse
from pipelines.cli import main
from pipelines.data.instances import instance
from pipelines.data.sources import list_sources, load_source
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe
from pipelines.verbs.models import models_list
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|toml)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TABLES = (
    (registry, "_MODELS"),
    (pipelines.augment.registry, "_TABLE"),
    (pipelines.data.sources.registry, "_TABLE"),
    (ganaug.quality.measures, "_TABLE"),
)


def block(word: str) -> str:
    """Return the one example that defines ``word``."""
    (found,) = (text for _, text in BLOCKS if word in text)
    return found


@pytest.fixture(autouse=True)
def _tables_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test add to the tables, and others not see it."""
    registry.list_models()  # ours are in the table from now on
    for module, table in TABLES:
        monkeypatch.setattr(module, table, dict(getattr(module, table)))


def run(text: str, folder: Path) -> ModuleType:
    """Import an example as the file that a user would write."""
    path = folder / "mine.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("mine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_has_an_example_of_each_thing_in_under_20_lines() -> None:
    assert [kind for kind, _ in BLOCKS] == ["python"] * 4 + ["toml", "python"]
    assert all(len(text.splitlines()) < 20 for _, text in BLOCKS)


def test_where_the_page_says_that_things_go_exists() -> None:
    for path in re.findall(r"`((?:classifiers|ganaug|pipelines|tests)/[\w./]+)`", PAGE):
        assert (ROOT / path).exists(), path


def test_a_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown model 'tiny_cnn'"):
        registry.model_info("tiny_cnn")
    run(block("tiny_cnn"), tmp_path)
    assert registry.list_models("tiny*") == ["tiny_cnn"]
    assert [row.name for row in models_list("tiny*").rows] == ["tiny_cnn"]
    with pytest.raises(InputError, match="tiny_cnn"):
        registry.build_model("tiny_cnn", (32, 32, 3), 2, filters="many")

    import tensorflow as tf

    pixels = np.random.default_rng(0).random((8, 32, 32, 3), np.float32)
    labels = np.eye(2, dtype=np.float32)[np.arange(8) % 2]
    batches = tf.data.Dataset.from_tensors((pixels, labels)).repeat()
    settings = TrainConfig(model="tiny_cnn", model_params={"filters": 4}, epochs=1, batch=8)
    result = train(batches, settings, input_shape=(32, 32, 3), classes=2, steps_per_epoch=1)
    start = registry.build_model("tiny_cnn", (32, 32, 3), 2, filters=4)
    assert result.model.count_params() == start.count_params() == 122
    result.model.save(tmp_path / "model.keras")
    again = registry.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(pixels), result.model(pixels))


def test_an_augmentation(tmp_path: Path) -> None:
    run(block("def fade"), tmp_path)
    assert "fade" in list_augmentations()
    augmentation = parse("flip|fade(0.3)")
    assert str(augmentation) == "flip(p=0.5)|fade(most=0.3)"
    with pytest.raises(InputError, match=r"fade: most: .*received 2"):
        parse("fade(2)")
    images = np.full((16, 8, 8, 3), 0.2, np.float32)
    labels = np.eye(2, dtype=np.float32)[np.arange(16) % 2]
    faded, kept = (np.asarray(made) for made in augmentation(images, labels, seed=0, step=0))
    assert faded.min() >= 0.2
    assert faded.max() <= 0.2 + 0.3 * 0.8 + 1e-6
    assert len(np.unique(faded[:, 0, 0, 0])) == 16  # drawn for each image
    np.testing.assert_array_equal(kept, labels)
    again, _ = augmentation(images, labels, seed=0, step=0)
    np.testing.assert_array_equal(again, faded)


def test_a_parameter_without_a_range_is_described_by_its_type() -> None:
    @pipelines.augment.registry.augmentation()
    def darken(batch, draws, by: float = 0.5):
        """Make it darker."""
        return batch

    with pytest.raises(InputError, match=r"darken: by: .*write darken\(by=0.5\), by any float"):
        parse("darken(much)")


def test_a_data_set(tmp_path: Path) -> None:
    run(block("load_dots"), tmp_path)
    assert list_sources()["dots"] == "bright and dark noise, made on the spot"
    source = load_source("dots")
    assert source.train.read(16).size == (16, 16)
    drawn = instance(load_source("dots"), 0, per_class=5, test_per_class=7)
    assert drawn.classes == ("dark", "bright")
    assert (len(drawn.train), len(drawn.test)) == (10, 14)
    train = drawn.train.read()
    assert train.of_class(0).mean() < 100 < 150 < train.of_class(1).mean()


def test_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shifts.toml"
    path.write_text(block("[arms.shifted]"), encoding="utf-8")
    recipe = load_recipe(path)
    assert recipe.name == "shifts"
    assert [arm.augment for arm in recipe.resolved_arms().values()] == ["", "shift(2)"]
    assert f"--recipe {path.name}" in path.read_text(encoding="utf-8")
    words = ["--recipe", str(path), "--outputs", str(tmp_path / "outputs"), "--dry-run"]
    assert main(["classify", *words]) == 0
    assert re.search(r"train: \d+ tasks, 0 finished", capsys.readouterr().out)


def colours(images: np.ndarray, /) -> np.ndarray:
    """Features of images: the mean of each colour."""
    return images.mean(axis=(1, 2)).astype(np.float32)


def test_a_measure(tmp_path: Path) -> None:
    measure = run(block("def spread"), tmp_path).spread
    rng = np.random.default_rng(0)
    real, fake = (rng.normal(0, scale, (400, 8)) for scale in (1, 0.5))
    assert measure(real, fake).value == pytest.approx(0.5, abs=0.03)

    class Colours:
        name = "colours"
        __call__ = staticmethod(colours)

    train, held_out, generated = (
        {"a": rng.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)} for _ in range(3)
    )
    report = assess(train, held_out, generated, [Colours()])
    assert report.classes[0]["spread"].value > 0
    head = report.table().splitlines()[1].split()
    assert head.index("KID") < head.index("coverage") < head.index("spread")
    report.save(tmp_path / "quality.json")
    saved = QualityReport.model_validate_json((tmp_path / "quality.json").read_text())
    assert saved.table() == report.table()


@pytest.fixture
def mine(tmp_path: Path):
    """A function that runs Python in a folder with the user's file and recipe."""
    last, *examples = (text for kind, text in BLOCKS if kind == "python")
    (tmp_path / "mine.py").write_text("\n".join([*examples, last]), encoding="utf-8")
    (tmp_path / "shifts.toml").write_text(block("[arms.shifted]"), encoding="utf-8")

    def run_python(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_python


SMALL = ["--per-class", "6", "--test-per-class", "6", "--instances", "1", "--workers", "2"]
OWN = ["--train.model", "tiny_cnn", "--augment", "fade(0.3)", "--train.epochs", "1"]
WORDS = ["classify", "dots", "--recipe", "shifts.toml", *SMALL, *OWN]


@pytest.mark.slow
def test_all_of_it_in_one_file_is_the_command_with_workers(mine, tmp_path: Path) -> None:
    """Workers start from nothing and import the user's file."""
    assert "tiny_cnn" in mine("mine.py", "models", "list", "tiny*")
    assert "shifted" in mine("mine.py", *WORDS)
    assert len([*tmp_path.glob("outputs/train/*/result.json")]) == 2
    (identity,) = tmp_path.glob("outputs/train/*real*/identity.json")
    assert '"tiny_cnn"' in identity.read_text()
    assert '"fade"' in identity.read_text()


@pytest.mark.slow
def test_workers_of_a_notebook_import_what_it_imported(mine, tmp_path: Path) -> None:
    """A program without a file, as a notebook is one."""
    program = f"import mine; from pipelines.cli import main; raise SystemExit(main({WORDS}))"
    assert "shifted" in mine("-c", program)
    assert len([*tmp_path.glob("outputs/train/*/result.json")]) == 2
