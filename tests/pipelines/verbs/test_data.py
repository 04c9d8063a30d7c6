import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.cli import main
from pipelines.data.contact_sheet import class_rows
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.sources import Source
from pipelines.data.summary import describe
from pipelines.errors import InputError
from pipelines.verbs.data import data
from tests.pipelines.verbs.command import failing


def test_what_occurs_twice_is_counted(make_images):
    train, test = make_images(6), make_images(4, seed=1)
    again = replace(train.select([0, 11]), labels=np.array([0, 0]))  # the second is mislabelled
    twice = test.select([2, 2])
    source = Source(
        "stripes", in_memory(train), in_memory(Images.concatenate([test, again, twice]))
    )
    summary = describe(source, 32, None, ["a note"])
    assert summary.counts == {"train": {"down": 6, "across": 6}, "test": {"down": 8, "across": 4}}
    assert summary.size == 32
    assert (summary.repeated, summary.leaked, summary.contradictory) == (4, 2, 1)
    assert summary.notes == ["a note"]


def test_a_folder_is_described_and_shown(image_folder, tmp_path):
    shown = data(
        str(image_folder), deep=False, per_class=2, test_per_class=2, seed=5, out=tmp_path / "out"
    )
    names = [path.name for path in shown.pictures]
    assert names == ["samples.png", "counts.png", "instance.png", "fits.png"]
    for path in shown.pictures:
        assert np.asarray(Image.open(path).convert("L")).std() > 10
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert written == shown.summary.model_dump(mode="json")
    assert written["instance"]["train_images"] == 4
    lines = str(shown).splitlines()
    assert lines[0] == "pets: 2 classes, images of 32 pixels a side"
    assert lines[2].split() == ["cat", "4"]
    assert lines[4].split() == ["all", "8"]
    assert "an instance (seed 5): cat, dog; 4 images to train on, 4 to test on" in lines


@pytest.mark.slow
def test_of_many_classes_the_smallest_are_listed(tmp_path, make_images):
    images = make_images(2, classes=35)
    images = images.select(np.delete(np.arange(70), 66))  # flat33 has one image
    images.save(tmp_path / "many.npz")
    lines = str(
        data(str(tmp_path / "many.npz"), deep=False, per_class=1, out=tmp_path / "out")
    ).splitlines()
    assert lines[2].split() == ["flat33", "1"]
    assert lines[32].strip() == "5 larger classes"
    assert lines[33].split() == ["all", "69"]


def test_an_instance_that_cannot_be_drawn(image_folder, tmp_path):
    shown = data(str(image_folder), deep=False, protocol="draws", out=tmp_path / "out")
    assert shown.summary.instance is None
    assert [path.name for path in shown.pictures] == ["samples.png", "counts.png", "fits.png"]
    assert "note: no instance: class 'cat' of pets has 4 training images" in str(shown)
    with pytest.raises(InputError, match="has 4 training images"):
        data(str(image_folder), deep=False, protocol="draws", classes="2", out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_wrong_setting_is_one_line(capsys):
    assert "settings: seed: should be greater than" in failing(capsys, "data", "x", "--seed", "-1")


def test_own_images_are_folded_by_default(image_folder, tmp_path):
    shown = data(str(image_folder), deep=False, out=tmp_path)
    drawn = shown.summary.instance
    assert drawn
    assert (drawn.train_images, drawn.test_images) == (6, 2)
    assert drawn.part == "fold 1 of 4, repetition 1"
    assert "(4 folds instead of 5: class 'cat' has 4)" in str(shown)


def test_pictures_that_cannot_be_written(image_folder, tmp_path):
    (tmp_path / "samples.png").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        data(str(image_folder), deep=False, out=tmp_path)


def test_rows_hold_whole_classes(make_images):
    images = make_images(7, classes=3)
    some = images.select(np.arange(1, 21)).first_of_each(3)
    assert some.counts().tolist() == [3, 3, 3]
    assert (some.pixels[0] == images.pixels[1]).all()
    axes = class_rows(images, "three", columns=5).axes[0]
    assert axes.get_ylim() == (6, 0)  # two rows a class
    assert [label.get_text() for label in axes.get_yticklabels()] == ["down", "across", "flat2"]
    assert class_rows(make_images(1, classes=61), "many").axes[0].get_title(loc="left") == (
        "many (60 of 61)"
    )


def test_a_broken_image_is_named_and_can_be_skipped(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    broken = folder / "sky" / "7.png"
    broken.write_bytes(broken.read_bytes()[:200])
    assert "1 of 60 images cannot be read: sky/7.png" in failing(
        capsys, "data", folder, "--out", tmp_path / "pictures"
    )
    words = [
        "data",
        folder,
        "--per-class",
        8,
        "--skip-bad",
        "--no-deep",
        "--out",
        tmp_path / "pictures",
    ]
    assert main([str(word) for word in words]) == 0


@pytest.mark.slow
def test_what_is_wrong_is_named_shown_and_left_out(image_folder, tmp_path, capsys):
    shutil.copy(image_folder / "cat" / "2.png", image_folder / "cat" / "copy.png")
    shutil.copy(image_folder / "dog" / "a.webp", image_folder / "cat" / "b.webp")
    words = ["data", str(image_folder), "--no-deep", "--out"]
    assert main([*words, str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "found:   identical pictures: 1 pair: cat/copy.png = cat/2.png" in said
    assert "found:   one picture under two labels: 2 pairs: cat/b.webp = dog/a.webp" in said
    assert "note: labels were not checked: --no-deep" in said
    assert f"report:  {tmp_path / 'out' / 'report.html'}" in said
    assert "cat/copy.png" in (tmp_path / "out" / "report.html").read_text()
    table = tmp_path / "out" / "findings.csv"
    assert main([*words, str(tmp_path / "new"), "--exclude", str(table)]) == 0
    said = capsys.readouterr().out
    assert "found:   nothing was found to be wrong" in said
    assert "3 images were left out" in said
    # What was decided outlives another check, with the table left out or given.
    table.write_text(table.read_text().replace("1,exclude", "1,keep", 1))
    assert main([*words, str(tmp_path / "out")]) == 0
    assert table.read_text().count("1,keep") == 1
    assert main([*words, str(tmp_path / "out"), "--exclude", str(table)]) == 0
    assert table.read_text().count("1,exclude") == 2
    capsys.readouterr()
    table.write_text("file,action\ncat/copy.png,exclude\n")
    (image_folder / "cat" / "copy.png").unlink()
    assert "cat/copy.png is not in pets" in failing(
        capsys, *words, tmp_path / "new", "--exclude", table
    )


@pytest.mark.slow
def test_labels_are_checked_too(photographs, tmp_path):
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    one, other, *_ = sorted(path for path in folder.iterdir() if path.is_dir())
    moved = sorted(one.iterdir())[3].rename(other / "wrong.png")
    found = data(str(folder), out=tmp_path / "out").findings
    assert found.unchecked == []
    doubted = [row.file for row in found.of("label")]
    assert doubted[0] == moved.relative_to(folder).as_posix()
    assert len(doubted) <= 3
