"""Folders are read by their content: which files are pictures, what is a split, what a class."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipelines.data.sources import formats, load_source, pixels
from pipelines.data.sources.folder import load_folder
from pipelines.data.sources.listing import list_folder
from pipelines.data.sources.pixels import decode
from pipelines.data.sources.tree import Disk
from pipelines.data.sources.walk import walk
from pipelines.errors import InputError
from tests.pipelines.data.sources.flat import flat

RED = (255, 0, 0)
Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return the function that puts pictures at paths below a folder."""

    def grow(*paths: str, under: str = "own") -> Path:
        for path in paths:
            file = tmp_path / under / path
            file.parent.mkdir(parents=True, exist_ok=True)
            flat(RED).save(file)
        return tmp_path / under

    return grow


def found(root: Path) -> dict[str, int]:
    listing = list_folder(root)
    return {name: len(one.pictures) for name, one in listing.splits["train"].classes.items()}


@pytest.mark.parametrize("ending", [".tif", ".TIFF", ".jfif", ".avif", ".jp2", ".ppm", ".JPE"])
def test_whatever_pillow_reads_by_itself_is_read(tree, ending):
    root = tree("a/1.png", f"a/2{ending}", "b/1.png")
    assert load_folder(root, "crop", skip_bad=False).train.counts().tolist() == [2, 1]


@pytest.mark.parametrize("name", ["png", "jpeg", "gif", "bmp", "webp", "tiff", "avif", "jpeg2000"])
def test_an_unusual_ending_makes_it_look_at_the_content(tree, name):
    root = tree("a/1.png", "b/1.png")
    for file in ("photo", "photo.download", "photo.2019"):
        flat(RED).save(root / "a" / file, name)
    assert found(root) == {"a": 4, "b": 1}
    for nothing in (b"", b"BM: a bookmark", b"Please read", b"\0" * 64):
        (root / "b" / f"{len(nothing)}.dat").write_bytes(nothing)
    assert found(root) == {"a": 4, "b": 1}
    assert "4 .dat" in list_folder(root).notes()[0]


def test_no_format_that_starts_a_program_is_read(tmp_path):
    flat(RED).save(tmp_path / "1.eps")
    assert formats.kind("1.eps", Disk(tmp_path).head) == "other"
    (tmp_path / "1.eps").rename(tmp_path / "1.png")
    with pytest.raises(OSError, match="cannot identify"):
        decode(tmp_path / "1.png", 16)


def test_heic_is_read_with_the_extra(tree):
    pytest.importorskip("pillow_heif")
    root = tree("a/1.png", "b/1.png")
    assert formats.reads_heif()
    flat(RED).save(root / "a" / "IMG_1.HEIC", "HEIF", quality=100)
    source = load_folder(root, "crop", skip_bad=False)
    assert source.train.counts().tolist() == [2, 1]
    assert np.abs(source.train.read().pixels[1].astype(int) - RED).max() < 8


def test_heic_is_named_without_the_extra(tree, monkeypatch):
    monkeypatch.setattr(formats, "reads_heif", lambda: False)
    root = tree("a/1.png", "b/1.png", "c/1.png")
    (root / "a" / "IMG_1.HEIC").touch()
    (root / "a" / "renamed.bin").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (note,) = list_folder(root).notes()
    assert note == (
        "HEIC pictures, which pillow-heif reads (pip install pillow-heif), were left aside: 2, "
        "e.g. IMG_1.HEIC"
    )
    for name in ("a", "b", "c"):
        (root / name / "1.png").unlink()
    with pytest.raises(InputError, match="holds only HEIC pictures"):
        list_folder(root)


def test_a_class_may_begin_with_underscores(tree):
    root = tree("cat/1.png", "dog/1.png", "__background__/1.png")
    assert found(root) == {"__background__": 1, "cat": 1, "dog": 1}


def test_links_show_no_file_twice(tree, tmp_path):
    root = tree("a/1.png", "a/2.png", "a/more/3.png", "b/1.png")
    outside = tree("x/1.png", "x/2.png", under="outside")
    (root / "a" / "again").symlink_to(root / "a", target_is_directory=True)
    (root / "a" / "all").symlink_to(Path(".."), target_is_directory=True)
    (root / "a" / "more" / "up").symlink_to(tmp_path, target_is_directory=True)
    (root / "a" / "0.png").symlink_to(root / "a" / "1.png")
    (root / "b" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (root / "b" / "x").symlink_to(outside / "x", target_is_directory=True)
    (root / "b" / "z").symlink_to(outside / "x", target_is_directory=True)
    (root / "b" / "9.png").symlink_to(outside / "x" / "1.png")
    assert found(root) == {"a": 3, "b": 3}
    (note,) = list_folder(root).notes()
    assert note == (
        "links to what is read already, or to nothing, were left aside: "
        "a/again, a/all, a/more/up, a/0.png, b/gone.png and 2 more"
    )
    (outside / "loop").symlink_to(outside, target_is_directory=True)
    assert len(walk(Disk(outside)).pictures) == 2


def test_a_class_is_one_however_its_name_is_composed(tree):
    composed, apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    root = tree(f"train/{composed}/1.png", "train/thé/1.png", f"test/{apart}/1.png")
    source = load_folder(root, "crop", skip_bad=False)
    assert source.train.class_names == source.test.class_names == (composed, "thé")
    assert source.test.counts().tolist() == [1, 0]


@pytest.mark.parametrize(
    "names", [("Cat", "cat"), ("big cat", "Big  cat "), ("café", "cafe\u0301")]
)
def test_two_spellings_of_one_class_are_refused(tree, names):
    root = tree(*(f"{name}/1.png" for name in names), "dog/1.png")
    with pytest.raises(InputError, match="differ only in how they are spelled"):
        list_folder(root)


def test_letters_of_either_case_are_classes(tree):
    assert found(tree("a/1.png", "A/1.png")) == {"A": 1, "a": 1}


def test_classes_one_folder_below_are_pointed_at(tree):
    root = tree("archive/PetImages/Cat/1.png", "archive/PetImages/Dog/1.png")
    with pytest.raises(InputError, match=r"below it \(Cat, Dog\); give .*own/archive/PetImages"):
        list_folder(root)


def test_two_levels_are_said(tree):
    root = tree("animal/cat/1.png", "animal/dog/1.png", "vehicle/car/1.png", "plant/1.png")
    assert found(root) == {"animal": 2, "plant": 1, "vehicle": 1}
    (note,) = list_folder(root).notes()
    assert note == (
        "sub-folders were read as part of the class above them: animal/cat, animal/dog; if they "
        "are the classes, put them side by side into one folder"
    )


def test_pictures_beside_the_classes_are_said(tree):
    root = tree("a/1.png", "b/1.png", "1.png", "2.png")
    assert list_folder(root).notes() == ["images beside the class folders were left aside: 2"]


def test_splits_by_other_names(tree):
    root = tree("seg_train/a/1.png", "seg_train/b/1.png", "Test Set/a/1.png", "seg_pred/1.png")
    listing = list_folder(root)
    assert list(listing.splits) == ["train", "test"]
    assert listing.notes() == [
        "seg_train was read as its train split",
        "Test Set was read as its test split",
        "folders beside the splits were left aside: seg_pred",
    ]


def test_a_test_folder_without_classes_is_no_class(tree):
    root = tree("train/a/1.png", "train/b/1.png", "test/1.png", "test/2.png")
    listing = list_folder(root)
    assert list(listing.splits) == ["train"]
    assert listing.notes() == ["folders beside the splits were left aside: test"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("train/a/1.png", "train/b/1.png", "training/a/1.png"), "two folders of its train split"),
        (("test/a/1.png", "test/b/1.png", "val/a/1.png", "val/b/1.png"), "but no folder train"),
    ],
)
def test_splits_that_make_no_sense_are_refused(tree, paths, message):
    with pytest.raises(InputError, match=message):
        list_folder(tree(*paths))


def test_a_folder_of_ones_own_goes_before_a_data_set_of_its_name(tree, tmp_path, monkeypatch):
    tree("good/1.png", "bad/1.png", under="beans")
    monkeypatch.chdir(tmp_path)
    source = load_source("beans")
    assert source.train.class_names == ("bad", "good")
    assert source.notes[0].startswith("the folder beans was read, not the data set of that name")


def test_a_picture_too_large_is_told_what_to_do(tree, monkeypatch):
    monkeypatch.setattr(pixels, "MOST_PIXELS", 100)
    root = tree("a/1.png", "b/1.png")
    with pytest.raises(InputError, match="save it smaller"):
        load_folder(root, "crop", skip_bad=False).train.read()


def test_a_link_at_the_top_is_no_second_class(tree, tmp_path):
    root = tree("cat/1.png", "cat/small/2.png", "dog/1.png", "fox/1.png")
    outside = tree("x/1.png", under="outside")
    for name, target in {"latest": "cat", "all": "..", "inner": "cat/small", "up": "."}.items():
        (root / name).symlink_to(target, target_is_directory=True)
    (root / "wolf").symlink_to(outside / "x", target_is_directory=True)
    assert found(root) == {"cat": 2, "dog": 1, "fox": 1, "wolf": 1}
    (note,) = list_folder(root).notes()
    assert note.endswith("were left aside: all, inner, latest, up")
    (root / "husky").symlink_to(outside / "x", target_is_directory=True)
    with pytest.raises(InputError, match=r"husky and .*wolf are links to one folder; keep the one"):
        list_folder(root)


def test_a_link_to_another_split_is_none(tree):
    root = tree("train/a/1.png", "train/b/1.png")
    (root / "test").symlink_to("train", target_is_directory=True)
    listing = list_folder(root)
    assert list(listing.splits) == ["train"]
    assert listing.notes() == [
        "links to what is read already, or to nothing, were left aside: test"
    ]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("trainset/a/1", "trainset/b/1", "testset/a/1", "testset/b/1"), "hold the same folders"),
        (("train/a/1", "train/b/1", "eval/a/1", "eval/b/1"), r"same folders \(a, b\); if they are"),
        (("train/a/1", "train/b/1", "extra/1"), "beside extra, of which none is called as a split"),
        (("a/train/1", "a/test/1", "b/train/1", "b/test/1"), "each class holds the folders of spl"),
        (("a/train/1", "a/val/1", "b/train/1", "b/test/1"), "as train/a and test/a"),
    ],
)
def test_what_looks_like_a_split_is_asked_about(tree, paths, message):
    with pytest.raises(InputError, match=message):
        list_folder(tree(*(f"{path}.png" for path in paths)))


def test_groups_below_the_classes_are_no_splits(tree):
    root = tree("benign/p1/1.png", "benign/p2/1.png", "bad/p1/1.png", "bad/p2/1.png")
    assert found(root) == {"bad": 2, "benign": 2}
    vehicles = tree("trains/old/1.png", "cars/new/1.png", under="more")
    assert found(vehicles) == {"cars": 1, "trains": 1}


def test_a_table_beside_the_folders_is_said(tree):
    root = tree("cat/1.png", "dog/1.png")
    (root / "labels.csv").write_text("file,label\n")
    (note,) = list_folder(root).notes()
    assert note.startswith("labels.csv beside the images was not read: the folders are the classes")


def test_splits_of_loose_images_beside_their_table_are_no_classes(tree):
    root = tree("train/1.png", "test/1.png")
    (note,) = list_folder(root).notes()
    assert note.startswith("test, train were read as classes, for they hold images and no folders")
    (root / "train.csv").write_text("file,label\n")
    with pytest.raises(InputError, match=r"as splits, and no class folders; give \S*train.csv"):
        list_folder(root)


def test_a_class_folder_points_at_the_one_above(tree):
    root = tree("cat/1.png", "dog/1.png", "fox/1.png")
    with pytest.raises(InputError, match=r"give \S*own if this is one of its classes, as dog, fox"):
        list_folder(root / "cat")


def test_folders_without_pictures_hide_no_classes_below(tree):
    root = tree("data/Cat/1.png", "data/Dog/1.png")
    (root / "scripts").mkdir()
    (root / "scripts" / "run.py").write_text("")
    with pytest.raises(InputError, match=r"below it \(Cat, Dog\); give .*own/data"):
        list_folder(root)
