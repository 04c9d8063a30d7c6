"""A whole comparison, and what the other verbs make of what it leaves."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.cli import main
from pipelines.data.images import Images
from pipelines.errors import InputError
from tests.pipelines.verbs.command import TINY, TINY_GAN, failing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outputs(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a whole comparison of the three default arms has run."""
    folder = tmp_path_factory.mktemp("outputs")
    assert main(["classify", str(photographs), *TINY, "--outputs", str(folder)]) == 0
    return folder


@pytest.mark.slow
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


def test_it_is_there_for_people_who_work_in_python(outputs: Path, photographs: Path) -> None:
    import ganaug
    from pipelines.comparison.run import Comparison
    from pipelines.report.reading import read_comparison
    from pipelines.verbs.classify import ClassifyResult
    from pipelines.verbs.serve import answering

    (folder,) = (outputs / "comparison").iterdir()
    done = ClassifyResult(Comparison(read_comparison(folder), folder), folder / "report.html")
    assert list(done.table.index) == done.comparison.result.arms
    scores = [run.result.scores.accuracy for run in done.comparison.result.trainings]
    assert done.table["accuracy"].tolist() == pytest.approx(scores)
    assert done.table["difference"].iloc[1] == pytest.approx(scores[1] - scores[0])
    shown = done._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert shown.count('"') == 10  # of the frame alone
    classifier = ganaug.load(outputs / done.comparison.result.trainings[0].folder)
    pictures = sorted(photographs.rglob("*.png"))[:3]
    found = classifier.predict(pictures)
    assert found.files == pictures
    assert classifier.predict(str(pictures[1])).best == found.best[1:2]
    classifier.get_ready()
    answer = answering(classifier)
    said = answer(pictures[1].read_bytes())
    assert said["class"] == found.best[1]
    assert list(said["probabilities"].values()) == found.probabilities[1]
    with pytest.raises(InputError, match=r"^cannot be read: picture \(not an image\)$"):
        answer(b"no picture")
    (bank,) = (outputs / "bank").iterdir()
    drawn = ganaug.sample(str(bank), classifier.class_names[0], 2)
    assert (drawn.shape, drawn.dtype) == ((2, 32, 32, 3), np.uint8)


def test_python_takes_paths_as_text(outputs: Path, photographs: Path, tmp_path: Path) -> None:
    import ganaug

    training = str(next((outputs / "train").glob("*/model.keras")).parent)
    out = tmp_path / "model.tflite"
    assert ganaug.export(training, form="litert", out=str(out)).path == out
    pictures = str(tmp_path / "pictures")
    explained = ganaug.explain(training, cam=False, out=pictures, outputs=str(outputs))
    assert {path.parent for path in explained.pictures} == {tmp_path / "pictures"}
    for given in (photographs, str(photographs)):
        for verb in (ganaug.classify, ganaug.gan):
            assert "to run" in str(verb(given, outputs=str(tmp_path), dry_run=True))
        said = ganaug.tune(given, search="small-cnn", outputs=str(tmp_path), dry_run=True)
        assert "14 trials" in str(said)


@pytest.mark.slow
def test_a_second_run_trains_nothing(
    photographs: Path, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in outputs.glob("*/*/result.json")}
    assert {path.parent.parent.name for path in before} >= {"comparison", "gan", "train"}
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
    words += ["--classes", "2", "--protocol", "draws"]
    assert main(words) == 0
    assert set((outputs / "gan").iterdir()) == gans
    said = capsys.readouterr().out
    assert "leaf: 2 steps, step 2 kept" in said
    assert "sample grid" in said
    trained = {p.read_bytes() for p in outputs.glob("instance/*/train.npz")}
    assert len(trained) == 1
    tested = [Images.load(path).counts().min() for path in outputs.glob("instance/*/test.npz")]
    assert min(tested) >= 6


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_bank_of_another_size(outputs: Path) -> None:
    from ganaug import Bank
    from pipelines.data.images import Images
    from pipelines.recipes.mix import MixConfig
    from pipelines.synthetic.origins import synthesise

    bank = Bank(next((outputs / "bank").iterdir()))
    larger = Images(
        np.zeros((2, 48, 48, 3), np.uint8), np.array([0, 1]), tuple(bank.class_names), "larger"
    )
    enlarged = synthesise(MixConfig(per_class=3), larger, 0, bank=bank)
    assert enlarged.images.size == (48, 48)
    assert enlarged.notes == ("generated images of 32 pixels were enlarged to 48",)
    with pytest.raises(InputError, match="makes images of 32 pixels, 48 are needed"):
        bank.near(0, larger.pixels, 3, seed=0)
    near = bank.near(0, larger.pixels[:, :32, :32], 3, seed=0)
    assert (near.shape, near.dtype) == ((3, 32, 32, 3), np.uint8)


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
