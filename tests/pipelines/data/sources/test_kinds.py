"""Kinds of folders and files that people bring, and what is made of them: one test a kind."""

import io
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.data.protocols import make_instances
from pipelines.data.sources import load_source, pixels
from pipelines.data.sources.listing import list_folder
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from tests.pipelines.data.sources.flat import BLACK, RED, WHITE, flat
from tests.pipelines.data.sources.trees import encoded, grow


def many(root: Path, start: int = 0, **counts: int) -> Path:
    """Write so many different pictures into the folders of some classes."""
    for number, (name, count) in enumerate(counts.items()):
        paths = [f"{name}/{one:04}.png" for one in range(count)]
        grow(root, *paths, start=start + 1000 * number)
    return root


def made(root: Path, **settings):
    source = load_source(str(root))
    config = DataConfig(**settings)
    return list(make_instances(source, config.design(source)))


def test_a_link_to_the_folder_of_the_classes_is_no_class(tmp_path):
    root = grow(tmp_path / "own", "a/1.png", "b/1.png")
    (root / "all").symlink_to(root, target_is_directory=True)
    (root / "up").symlink_to("..", target_is_directory=True)
    (root / "kept").symlink_to(grow(tmp_path / "else", "1.png", start=5), target_is_directory=True)
    listing = list_folder(root)
    assert list(listing.splits["train"].classes) == ["a", "b", "kept"]
    assert listing.notes() == [
        "links to what is read already, or to nothing, were left aside: all, up"
    ]


def test_classes_whose_names_hold_commas(tmp_path):
    names = ("Pepper,_bell___healthy", "Pepper,_bell___spot", "Tomato___healthy")
    grow(tmp_path, *(f"{name}/{n}.png" for n in range(4) for name in names))
    (one,) = made(tmp_path, classes=f"{names[0]},{names[2]}", instances=1)
    assert one.classes == (names[0], names[2])


@pytest.mark.parametrize(("names", "asked"), [(("2019", "2020"), "2020,2019"), (("1", "5"), "5,1")])
def test_classes_that_are_numbers(tmp_path, names, asked):
    grow(tmp_path, *(f"{name}/{n}.png" for n in range(4) for name in names))
    (one,) = made(tmp_path, classes=asked, instances=1)
    assert one.classes == names


def test_few_and_unequal_images_all_take_part(tmp_path):
    many(tmp_path, ash=20, beech=7, elm=5, fir=3, oak=18)
    instances = made(tmp_path)
    assert instances[0].classes == ("ash", "beech", "elm", "fir", "oak")
    assert instances[0].notes == ("3 folds instead of 5: class 'fir' has 3",)
    assert sum(len(one.test) for one in instances[:3]) == 53


def test_a_class_of_one_image_is_named(tmp_path):
    many(tmp_path, ash=5, fir=1)
    with pytest.raises(InputError, match=r"class 'fir' .* has one image, which cannot be trained"):
        made(tmp_path)


def test_a_class_of_copies_of_one_image_is_named(tmp_path):
    many(tmp_path, same=1, other=6)
    for number in range(1, 6):
        shutil.copy(tmp_path / "same" / "0000.png", tmp_path / "same" / f"{number}.png")
    with pytest.raises(InputError, match=r"6 images of class 'same' .* are copies of one, which"):
        made(tmp_path)


def scene() -> Image.Image:
    """A picture that differs from each of its turns."""
    y, x = np.mgrid[:48, :64]
    return Image.fromarray(np.stack([y * 4, x * 3, (x > 45) * 200], axis=-1).astype(np.uint8))


@pytest.mark.parametrize("ending", [".png", ".webp", ".tif"])
@pytest.mark.parametrize(
    ("tag", "turn"),
    [
        (1, None),
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_pictures_stand_upright_whatever_holds_the_tag(tmp_path, ending, tag, turn):
    exif = Image.Exif()
    exif[0x0112] = tag
    turned = scene() if turn is None else scene().transpose(turn)
    turned.save(
        tmp_path / f"turned{ending}", exif=exif, **{"lossless": True} if ending == ".webp" else {}
    )
    scene().save(tmp_path / "plain.png")
    upright, plain = (
        pixels.decode(tmp_path / name, 32) for name in (f"turned{ending}", "plain.png")
    )
    assert np.abs(upright.astype(int) - plain).max() <= 2


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_tag_is_no_matter(tmp_path):
    damaged = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0"
    scene().save(tmp_path / "broken.jpg", quality=95, exif=damaged)
    assert pixels.decode(tmp_path / "broken.jpg", 32).std() > 20


def test_train_valid_and_test_are_used_or_said(tmp_path):
    for number, part in enumerate(("train", "valid", "test")):
        many(tmp_path / part, start=200 * number, ripe=4, unripe=4)
    for name in ("README.dataset.txt", "README.roboflow.txt"):
        (tmp_path / name).write_text("fruit")
    source = load_source(str(tmp_path))
    assert {part: len(pool) for part, pool in source.splits.items()} == dict.fromkeys(
        ("train", "valid", "test"), 8
    )
    assert "8 validation images of its own were not used" in made(tmp_path)[0].notes


def test_a_split_may_hold_an_empty_class(tmp_path):
    many(tmp_path / "train", a=3, b=3, c=3)
    many(tmp_path / "test", start=500, a=2, c=2)
    (tmp_path / "test" / "b").mkdir()
    source = load_source(str(tmp_path))
    assert source.test.counts().tolist() == [2, 0, 2]
    assert "folders without images were left aside: b" in source.notes
    with pytest.raises(InputError, match=r"class 'b' .* has no test image in its own split"):
        made(tmp_path)


def test_three_hundred_classes(tmp_path):
    grow(tmp_path, *(f"species_{label}/{n}.png" for label in range(300) for n in range(3)))
    train = load_source(str(tmp_path)).train
    assert train.class_names == tuple(f"species_{label}" for label in range(300))
    assert (train.counts() == 3).all()


def test_files_that_are_not_what_they_say(tmp_path):
    bad = many(tmp_path, a=3, b=3) / "b"
    photograph = io.BytesIO()
    scene().save(photograph, "JPEG")
    contents = {
        "cut.jpg": photograph.getvalue()[:300],
        "page.jpg": b"<!DOCTYPE html><html>403 Forbidden</html>",
        "pointer.png": b"version https://git-lfs.github.com/spec/v1\nsize 12\n",
        "telephone.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500),
        "zero.jpg": b"",
    }
    for name, content in contents.items():
        (bad / name).write_bytes(content)
    scene().save(bad / "really_webp.jpg", "WEBP")
    names = r"b/cut\.jpg .*, b/page\.jpg .*, b/pointer\.png .*, b/telephone\.jpg .*, b/zero\.jpg"
    with pytest.raises(InputError, match=f"5 of 12 images cannot be read: {names}") as caught:
        load_source(str(tmp_path)).train.read(32)
    assert "\n" not in str(caught.value)
    train = load_source(str(tmp_path), skip_bad=True).train
    assert int(train.can_be_read().sum()) == 7


def test_a_red_square_in_every_mode_is_the_same(tmp_path):
    red = flat(WHITE, (32, 32))
    red.paste(RED, (8, 8, 24, 24))
    clear = flat((0, 0, 0, 0), (32, 32), "RGBA")
    clear.paste((*RED, 255), (8, 8, 24, 24))
    later = [flat((0, 0, 255), (32, 32))]
    saved = {
        "rgb.png": (red, {}),
        "rgba.png": (clear, {}),
        "rgba.webp": (clear, {"lossless": True}),
        "palette_alpha.png": (clear.quantize(8), {}),
        "palette.png": (red.convert("P"), {}),
        "still.gif": (red.convert("P"), {}),
        "rgb.bmp": (red, {}),
        "first.gif": (red, {"save_all": True, "append_images": later}),
        "first.webp": (red, {"save_all": True, "lossless": True, "append_images": later}),
        "cmyk.jpg": (red.convert("CMYK"), {"quality": 100, "subsampling": 0}),
        "rgb.jpg": (red, {"quality": 100, "subsampling": 0}),
    }
    (tmp_path / "a").mkdir()
    for name, (picture, how) in saved.items():
        picture.save(tmp_path / "a" / name, **how)
    grow(tmp_path, "b/1.png")
    train = load_source(str(tmp_path)).train
    read = train.select(train.labels == 0).read(32).pixels.astype(int)
    assert np.abs(read - np.asarray(red)).max() < 12


@pytest.mark.parametrize(("mode", "edge"), [("L", 255), ("LA", 255), ("1", 255), ("I;16", 255)])
def test_grey_pictures_are_three_equal_channels(tmp_path, mode, edge):
    grey = Image.fromarray(np.full((16, 16), 65535, np.uint16)) if mode == "I;16" else None
    (grey or flat((0, 0) if mode == "LA" else (255,), mode=mode)).save(tmp_path / "1.png")
    assert (pixels.decode(tmp_path / "1.png", 16) == edge).all()


def test_a_jpeg_too_large_is_read_smaller_and_others_are_told_what_to_do(tmp_path, monkeypatch):
    warnings.simplefilter("error")  # Pillow's own about bombs
    monkeypatch.setattr(pixels, "MOST_PIXELS", 10_000)
    grow(tmp_path, "left/1.png", "right/1.png")
    flat(RED, (500, 160)).save(tmp_path / "left" / "panorama.jpg")  # an eighth is enough
    assert len(load_source(str(tmp_path)).train.read(16)) == 3
    flat(RED, (500, 160)).save(tmp_path / "left" / "panorama.png")
    with pytest.raises(InputError, match=r"left/panorama\.png \(more than .*: save it smaller, or"):
        load_source(str(tmp_path)).train.read(16)


def test_wide_pictures_can_be_kept_whole_and_the_cut_is_said(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(2):
            wide = flat(BLACK, (128, 32))
            wide.paste((*RED[:2], number), (0, 0, 32, 32))  # the subject stands at one end
            wide.save(tmp_path / name / f"{number}.png")
    shown = {}
    for fit in ("crop", "pad", "squash"):
        source = load_source(str(tmp_path), fit=fit)
        shown[fit] = bool((source.train.read(32).pixels[..., 0] > 200).any())
        (note,) = source.found([32])
        assert "of 4 of 4 images" in note
        assert "75%" in note
    assert shown == {"crop": False, "pad": True, "squash": True}


def damaged(rng: np.random.Generator) -> Iterator[bytes]:
    """Yield pictures some bytes of which are others, or missing."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    whole = []
    for form in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
        file = io.BytesIO()
        scene().save(file, form, **{"exif": exif} if form in ("JPEG", "PNG", "WEBP") else {})
        whole.append(file.getvalue())
    for number in range(600):
        content = bytearray(whole[number % len(whole)])
        for _ in range(rng.integers(1, 5)):
            at = int(rng.integers(min(len(content), 400)))
            content[at : at + 2] = rng.bytes(2)
        yield bytes(content[: int(rng.integers(8, len(content)))] if number % 5 == 0 else content)


def test_damaged_bytes_are_a_bad_picture_and_nothing_worse():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = pixels.decode_all([list(damaged(np.random.default_rng(1)))], 600, 16, "reading")
    assert 50 < len(read.bad) < 600
    assert not any("\n" in reason for reason in read.bad.values())


def test_copies_in_other_splits_and_under_other_labels_can_be_named(tmp_path):
    many(tmp_path / "train", a=4, b=4)
    many(tmp_path / "valid", start=500, a=2, b=2)
    many(tmp_path / "test", start=800, a=2, b=2)
    shutil.copy(tmp_path / "train" / "a" / "0001.png", tmp_path / "valid" / "a" / "copy.png")
    shutil.copy(tmp_path / "train" / "a" / "0002.png", tmp_path / "train" / "b" / "frame.png")
    source = load_source(str(tmp_path))
    trained = dict(zip(source.train.hashes(), source.train.names, strict=True))
    leaked = source.valid.select(source.valid.found_in(trained))
    assert leaked.names == ["valid/a/copy.png"]
    assert trained[leaked.hashes()[0]] == "train/a/0001.png"
    identical = source.train.identical()
    at = source.train.names.index("train/b/frame.png")
    twins = np.flatnonzero(identical == identical[at])
    assert [source.train.names[one] for one in twins] == ["train/a/0002.png", "train/b/frame.png"]


@pytest.mark.parametrize("names", [("Train", "Test"), ("TRAIN", "VAL")])
def test_splits_and_endings_in_capitals(tmp_path, names):
    for number, name in enumerate(names):
        grow(tmp_path, *(f"{name}/{kind}/1.JPEG" for kind in "ab"), start=9 * number)
    source = load_source(str(tmp_path))
    assert len(source.test) == 2
    assert source.train.read(16).pixels[0, 0, 0].tolist() == [0, 0, 90]
    assert encoded(0) == (tmp_path / names[0] / "a" / "1.JPEG").read_bytes()
