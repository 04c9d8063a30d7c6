"""One failure is one failure: the rest ends, the report says what failed, the exit code too."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipelines.comparison.instances import _save
from tests.conftest import striped_images
from tests.faults.runs import FEW, command, differences, make_folder, run, said, start, what_counts
from tests.faults.tally import Tally

FAILS = """
title = "one of them fails"
[train]
epochs = 2
[arms.real]
[arms.hot]
train.learning_rate = 1000
"""


def test_an_arm_that_fails(tmp_path: Path, tally: Tally) -> None:
    make_folder(tmp_path)
    (tmp_path / "fails.toml").write_text(FAILS)
    words = ["classify", str(tmp_path / "pictures"), "--recipe", str(tmp_path / "fails.toml")]
    code = start([*words, *FEW, "--test-per-class", "5"], tmp_path / "out").wait(600)
    failed = [] if code == 1 else [f"exit status {code}"]
    (result,) = (tmp_path / "out" / "comparison").glob("*/result.json")
    page = result.with_name("report.html").read_text()
    found = json.loads(result.read_text())
    if [run["arm"] for run in found["trainings"]] != ["real"]:
        failed.append("the other arm has no training")
    if "not finite" not in page or "failed on 1 of 1 instance: the " not in page:
        failed.append("the page does not say why")
    if "the rest is finished, and the same command tries it again" not in said(tmp_path / "out"):
        failed.append("the last line does not say so")
    tally.note("an arm fails for good: the others end, page and exit status say it", 1, failed)


def spoil(outputs: Path) -> None:
    """Damage what is there, and add damaged things of other runs."""
    for kind in ("train", "gan", "comparison", "bank", "instance", "tune"):
        (outputs / kind / "other-0").mkdir(parents=True, exist_ok=True)
        for name in ("result.json", "train.npz", "config.json"):
            (outputs / kind / "other-0" / name).write_bytes(b"\xff{")
    for path in (outputs / "bank").rglob("generator.keras"):
        path.write_bytes(path.read_bytes()[:100])
    for path in [*(outputs / "instance").rglob("train.npz"), *(outputs / "train").rglob("*.json")]:
        if "other" not in str(path):
            path.write_bytes(path.read_bytes()[:50])


def test_damaged_files(tmp_path: Path, tally: Tally, tries: Callable) -> None:
    """A bank's generator, an instance, results, and whatever lies in the folders of others."""
    if not tries(0, 1):
        pytest.skip("with --long")
    make_folder(tmp_path)
    words = command("classify", tmp_path)
    run(words, tmp_path / "out")
    expected, failed = what_counts(tmp_path / "out"), []
    spoil(tmp_path / "out")
    try:
        run(words, tmp_path / "out")
        for path in (tmp_path / "out").glob("*/other-0/*"):
            path.unlink()
        failed += differences(expected, what_counts(tmp_path / "out"))
    except AssertionError as error:
        failed.append(str(error))
    tally.note("damaged files, its own and others', then the same command", 1, failed)


def test_a_search_whose_files_are_cut(tmp_path: Path, tally: Tally, tries: Callable) -> None:
    if not tries(0, 1):
        pytest.skip("with --long")
    make_folder(tmp_path)
    words = command("tune", tmp_path)
    run(words, tmp_path / "out")
    expected, failed = what_counts(tmp_path / "out"), []
    names = ["tuner0.json", "trial_1/trial.json", "oracle.json"]
    names = [*(f"oracle/{name}" for name in names), "trials/1.json"]
    for name in names:
        (path,) = (tmp_path / "out" / "tune").glob(f"*/{name}")
        path.write_bytes(path.read_bytes()[:1])
        try:
            run(words, tmp_path / "out")
            failed += differences(expected, what_counts(tmp_path / "out"))
        except AssertionError as error:
            failed.append(f"{name}: {error}")
    tally.note("a search whose files are cut off, then the same command", len(names), failed)


def test_an_instance_that_was_damaged_is_written_again(tmp_path: Path) -> None:
    images, path = striped_images(), tmp_path / "train.npz"
    _save(images, path)
    whole = path.read_bytes()
    for content in (b"", whole[:100], whole[:-30] + b"\0" * 30):
        path.write_bytes(content)
        _save(images, path)
        with np.load(path) as arrays:
            assert (arrays["images"] == images.pixels).all()
