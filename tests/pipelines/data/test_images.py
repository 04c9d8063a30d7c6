from dataclasses import replace

import numpy as np
import pytest

from pipelines.data.images import Images
from pipelines.errors import InputError

PIXELS = np.zeros((2, 8, 8, 3), np.uint8)
LABELS = np.array([0, 1])
NAMES = ("cat", "dog")


def test_arrays_are_read_only_and_the_callers_own_stay_writable():
    pixels = PIXELS.copy()
    images = Images(pixels, LABELS, NAMES, "pets")
    with pytest.raises(ValueError, match="read-only"):
        images.pixels[0] = 1
    pixels[0] = 7


def test_labels_of_any_integer_type_become_int64():
    images = Images(PIXELS, LABELS.astype(np.uint8), NAMES, "pets")
    assert images.labels.dtype == np.int64
    assert images.counts().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pixels": PIXELS.astype(np.float32)}, "float32"),
        ({"pixels": PIXELS[..., :1]}, r"\[2, 8, 8, 1\]"),
        ({"pixels": PIXELS[0]}, r"\[8, 8, 3\]"),
        ({"labels": np.array([0])}, "give 2 integers"),
        ({"labels": np.array([0.0, 1.0])}, "float64"),
        ({"labels": np.array([0, 2])}, "0 to 2; 2 class names allow 0 to 1"),
        ({"labels": np.array([-1, 0])}, "-1 to 0"),
        ({"class_names": ("cat", "cat")}, "distinct"),
        ({"class_names": ()}, "distinct"),
        ({"class_names": ("", "dog")}, "non-empty"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        replace(Images(PIXELS, LABELS, NAMES, "pets"), **change)


def test_select_takes_positions_masks_and_nothing(tiny_images):
    backwards = tiny_images.select([23, 0])
    assert backwards.labels.tolist() == [1, 0]
    assert (backwards.pixels[1] == tiny_images.pixels[0]).all()
    assert len(tiny_images.select(tiny_images.labels == 1)) == 12
    assert len(tiny_images.select([])) == 0


def test_of_class(tiny_images):
    assert (tiny_images.of_class(1) == tiny_images.pixels[12:]).all()
    with pytest.raises(InputError, match="label 2"):
        tiny_images.of_class(2)


def test_image_hashes_tell_images_apart_by_pixels_and_shape():
    wide = Images(np.zeros((1, 4, 16, 3), np.uint8), np.array([0]), NAMES, "pets")
    square = Images(PIXELS, LABELS, NAMES, "other name")
    assert square.image_hashes()[0] == square.image_hashes()[1]
    assert wide.image_hashes()[0] != square.image_hashes()[0]  # 192 equal bytes each
    nearly = PIXELS.copy()
    nearly[1, 7, 7, 2] = 1
    assert len(set(replace(square, pixels=nearly).image_hashes())) == 2


def test_digest_follows_content_not_source(tiny_images, make_images):
    assert tiny_images.digest() == make_images(source="elsewhere").digest()
    changed = [
        tiny_images.select(np.arange(24)[::-1]),
        replace(tiny_images, class_names=("across", "down")),
        replace(tiny_images, labels=1 - tiny_images.labels),
        make_images(seed=1),
    ]
    assert len({images.digest() for images in [tiny_images, *changed]}) == 5


@pytest.mark.parametrize("count", [24, 0])
def test_save_and_load_give_the_same_back(tiny_images, tmp_path, count):
    path = tmp_path / "deep" / "images.npz"
    some = tiny_images.select(range(count))
    some.save(path)
    loaded = Images.load(path)
    assert loaded.digest() == some.digest()
    assert loaded.source == some.source
    assert list(path.parent.iterdir()) == [path]


def test_load_names_what_is_wrong(tiny_images, tmp_path):
    whole = tmp_path / "whole.npz"
    tiny_images.save(whole)
    half = tmp_path / "half.npz"
    half.write_bytes(whole.read_bytes()[:2000])
    array = tmp_path / "array.npy"
    np.save(array, PIXELS)
    other = tmp_path / "other.npz"
    np.savez(other, x=PIXELS)
    objects = tmp_path / "objects.npz"
    np.savez(objects, pixels=np.array([{}]), allow_pickle=True)
    for path, message in {
        tmp_path / "none.npz": "does not exist",
        half: "cannot be read as .npz",
        array: "a single array",
        other: "lacks class_names, images, labels, source; it holds x",
        objects: "an array of Python objects",
    }.items():
        with pytest.raises(InputError, match=message):
            Images.load(path)


def test_save_where_nothing_can_be_written(tiny_images, tmp_path):
    taken = tmp_path / "images.npz"
    taken.mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        tiny_images.save(taken)
    assert list(tmp_path.iterdir()) == [taken]


def test_concatenate_joins_what_fits(tiny_images, make_images):
    both = Images.concatenate([tiny_images, make_images(seed=1, source="more")])
    assert len(both) == 48
    assert both.source == "stripes + more"
    assert (
        both.digest()
        == Images.concatenate([both.select(range(24)), both.select(range(24, 48))]).digest()
    )
    for other in (make_images(size=40), make_images(classes=3)):
        with pytest.raises(InputError, match="must be the same"):
            Images.concatenate([tiny_images, other])
    with pytest.raises(InputError, match="at least one"):
        Images.concatenate([])


def test_repr_says_what_it_is(tiny_images):
    assert repr(tiny_images) == "Images(24 of 32x32 from stripes: down, across)"


def test_a_digest_does_not_depend_on_what_groups_are_called(tiny_images):
    count = len(tiny_images)
    one = replace(tiny_images, together=np.arange(count) // 2)
    assert one.digest() == replace(one, together=99 - one.together).digest()
    assert one.digest() != tiny_images.digest()
