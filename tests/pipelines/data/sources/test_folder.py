"""Folders of images, a sub-folder a class."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.data.sources import load_source
from pipelines.errors import InputError
from tests.pipelines.data.sources.flat import RED, flat
from tests.pipelines.data.sources.trees import grow


def test_a_folder_in_every_format(image_folder):
    source = load_source(str(image_folder))
    assert source.name == "pets"
    assert source.test is None
    assert source.notes == []
    pixels = source.train.read(32).pixels
    cut = source.found([32])[-1]
    assert cut == (  # 40x30, 30x64, 64x48 and 45x90
        "of 4 of 8 images only the centre square was kept: 38% of their longer side is cut off at "
        "the median, 53% at most (--fit pad or --fit squash keeps all)"
    )
    assert source.train.class_names == ("cat", "dog")
    assert source.train.counts().tolist() == [4, 4]
    with Image.open(image_folder / "dog" / "a.webp") as image:
        middle = image.resize((32, 32), Image.Resampling.BICUBIC, box=(8, 0, 56, 48))
    assert (pixels[4] == np.asarray(middle)).all()


def test_the_size_is_the_one_asked_for(image_folder):
    source = load_source(str(image_folder))
    assert source.train.read(48).size == (48, 48)
    one = source.train.select([3]).read(48)
    assert (one.pixels[0] == source.train.read(48).pixels[3]).all()


def test_files_come_in_natural_order_whatever_the_disk_says(tmp_path, monkeypatch):
    for name in ("b", "a"):
        (tmp_path / name / "more").mkdir(parents=True)
        for number in (10, 9, 1):
            flat((number,) * 3).save(tmp_path / name / f"{number}.png")
        flat((2,) * 3).save(tmp_path / name / "more" / "0.png")
    first = load_source(str(tmp_path)).train
    assert first.read().pixels[:4, 0, 0, 0].tolist() == [1, 9, 10, 2]
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: reversed(list(listed(path))))
    assert load_source(str(tmp_path)).train.names == first.names


def test_what_systems_leave_behind_is_not_read_and_the_rest_is_named(image_folder):
    for name in (".DS_Store", "Thumbs.db", "._1.jpg"):
        (image_folder / "cat" / name).write_bytes(b"x")
    (image_folder / ".git").mkdir()
    (image_folder / "__MACOSX").mkdir()
    (image_folder / "cat" / "notes.txt").touch()
    (image_folder / "dog" / "data.CSV").touch()
    (image_folder / "dog" / "more.csv").touch()
    (image_folder / "empty").mkdir()
    source = load_source(str(image_folder))
    assert len(source.train) == 8
    assert source.notes[:2] == [
        "files that are no images were left aside: 2 .csv, 1 .txt",
        "folders without images were left aside: empty",
    ]


@pytest.fixture
def split_folder(image_folder):
    root = image_folder.parent / "splits"
    for split in ("Train", "val", "test"):
        shutil.copytree(image_folder, root / split)
    (root / "test" / "cat" / "1.jpg").unlink()
    return root


def test_splits(split_folder):
    (split_folder / "docs").mkdir()
    source = load_source(str(split_folder))
    assert {name: len(part) for name, part in source.splits.items()} == {
        "train": 8,
        "valid": 8,
        "test": 7,
    }
    assert source.notes[0] == "folders beside the splits were left aside: docs"
    for part in source.splits.values():
        part.read(32)
    cut = [note for note in source.found([32]) if "only the centre" in note]
    assert [note[:16] for note in cut] == ["of 4 of 8 images", "of 3 of 7 images"]  # a split each
    shutil.rmtree(split_folder / "test")
    source = load_source(str(split_folder))
    assert len(source.test) == 8
    assert source.valid is None
    assert "no test split: the validation images are those to test on" in source.notes


def test_a_class_missing_from_a_split(split_folder):
    shutil.rmtree(split_folder / "test" / "cat")
    assert load_source(str(split_folder)).test.counts().tolist() == [0, 4]
    (split_folder / "test" / "dog").rename(split_folder / "test" / "fox")
    with pytest.raises(InputError, match="test split has class 'fox'"):
        load_source(str(split_folder))


def test_classes_may_be_called_as_splits(image_folder):
    (image_folder / "cat").rename(image_folder / "train")
    (image_folder / "dog").rename(image_folder / "test")
    assert load_source(str(image_folder)).train.class_names == ("test", "train")


def test_broken_images_are_counted_and_named(image_folder):
    whole = (image_folder / "cat" / "2.png").read_bytes()
    (image_folder / "cat" / "2.png").write_bytes(whole[: len(whole) // 2])
    (image_folder / "dog" / "b.PNG").write_bytes(b"no picture")
    (image_folder / "dog" / "c.jpeg").write_bytes(b"")
    message = "3 of 8 images cannot be read: cat/2.png .*dog/b.PNG .*--skip-bad"
    with pytest.raises(InputError, match=message):
        load_source(str(image_folder)).train.read()
    source = load_source(str(image_folder), skip_bad=True)
    readable = source.train.select(source.train.can_be_read())
    assert readable.counts().tolist() == [3, 2]
    assert len(readable.read()) == 5
    assert source.found()[0].startswith("3 images that cannot be read were left out: cat/2.png (")


@pytest.mark.parametrize("name", ["1.jpg", "2.png", "10.bmp", "11.gif"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_an_image_cut_short_anywhere_is_found(image_folder, name, kept):
    path = image_folder / "cat" / name
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=f"1 of 8 images cannot be read: cat/{name}"):
        load_source(str(image_folder)).train.read()


def test_folders_that_hold_no_data_set(tmp_path):
    empty, loose, single, wrong = (tmp_path / name for name in ("empty", "loose", "one", "wrong"))
    for folder in (empty, loose, single / "cat", wrong / "cat", wrong / "dog"):
        folder.mkdir(parents=True)
    flat(RED).save(loose / "1.png")
    flat(RED).save(single / "cat" / "1.png")
    (wrong / "cat" / "1.csv").touch()
    for folder, message in {
        tmp_path / "none": "does not exist",
        empty: "holds no images; give a folder with a sub-folder",
        loose: "holds 1 images but no class folders",
        single: "of one class only, 'cat'",
        wrong: "holds no images, only 1 .csv",
        loose / "1.png": "is a file",
    }.items():
        with pytest.raises(InputError, match=message):
            load_source(str(folder))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_may_not_be_read(image_folder):
    (image_folder / "cat").chmod(0)
    try:
        with pytest.raises(InputError, match="permission"):
            load_source(str(image_folder))
    finally:
        (image_folder / "cat").chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes only there")
def test_names_that_are_no_text_are_read_as_latin_1(tmp_path):
    root = grow(tmp_path / "photos", "cat/1.png", "cat/2.png", "two\nlines/1.png")
    (root / "cat" / "1.png").rename(root / "cat" / os.fsdecode(b"\xe9.png"))
    (root / "cat").rename(root / os.fsdecode(b"caf\xe9"))
    source = load_source(str(root))
    assert source.train.class_names == ("café", "two\\nlines")
    assert sorted(source.train.names) == ["café/2.png", "café/é.png", "two\\nlines/1.png"]
    assert len(source.train.read(32)) == 3
    (root / "café").mkdir()
    shutil.copy(root / os.fsdecode(b"caf\xe9") / "2.png", root / "café")
    with pytest.raises(InputError, match="differ only in how they are spelled"):
        load_source(str(root))


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes only there")
def test_a_path_that_is_no_text_is_refused_but_may_be_here(tmp_path, monkeypatch):
    root = grow(tmp_path / os.fsdecode(b"caf\xe9"), "cat/1.png", "dog/1.png")
    with pytest.raises(InputError, match=r"give it as '\.'"):
        load_source(str(root))
    monkeypatch.chdir(root)
    assert load_source(".").name == "café"


@pytest.mark.parametrize(
    ("skip_bad", "advice"), [(False, "without them"), (True, "something changes them; run this")]
)
def test_pictures_that_rot_while_they_are_read(image_folder, skip_bad, advice):
    source = load_source(str(image_folder), skip_bad=skip_bad)
    assert source.train.can_be_read().all()
    (image_folder / "cat" / "2.png").unlink()
    with pytest.raises(InputError, match=rf"1 of 8 images .* cat/2.png \(No such.*{advice}"):
        source.train.read(48)
