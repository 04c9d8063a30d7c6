"""Files of arrays."""

import numpy as np
import pytest

from pipelines.data.pool import Pool
from pipelines.data.sources import load_source
from pipelines.errors import InputError


def test_our_own_npz(tmp_path, tiny_images):
    tiny_images.save(tmp_path / "mine.npz")
    source = load_source(str(tmp_path / "mine.npz"))
    assert source.train.read().digest() == tiny_images.digest()
    assert source.name == "mine"
    assert source.test is None


def test_npz_as_keras_writes_it(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "keras.npz"
    train, test = (rng.integers(0, 256, (n, 28, 28), dtype=np.uint8) for n in (6, 4))
    labels = np.array([[3], [7], [7], [3], [9], [9]], np.uint8)
    np.savez(path, x_train=train, y_train=labels, x_test=test, y_test=labels[:4])
    source = load_source(str(path))
    assert source.train.class_names == ("3", "7", "9")
    assert source.train.labels.tolist() == [0, 1, 1, 0, 2, 2]
    assert source.test.labels.tolist() == [0, 1, 1, 0]
    assert (source.test.read().pixels[:, 2:30, 2:30, 1] == test).all()


@pytest.mark.parametrize(
    ("images", "grey"),
    [
        (np.full((4, 32, 32), 0.5, np.float32), 128),
        (np.full((4, 32, 32, 1), 200, np.int64), 200),
        (np.zeros((4, 32, 32, 4), np.uint8), 255),
    ],
)
def test_npz_of_other_types(tmp_path, images, grey):
    np.savez(tmp_path / "a.npz", images=images, labels=np.array(["b", "a", "b", "a"]))
    train = load_source(str(tmp_path / "a.npz")).train
    assert (train.read().pixels == grey).all()
    assert train.class_names == ("a", "b")
    assert train.labels.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(("fit", "dark"), [("crop", 0), ("pad", 0.5), ("squash", 0)])
def test_wide_images_become_squares_as_asked(tmp_path, fit, dark):
    wide = np.full((4, 32, 64, 3), 200, np.uint8)
    np.savez(tmp_path / "a.npz", images=wide, labels=np.array([0, 1, 0, 1]))
    train = load_source(str(tmp_path / "a.npz"), fit=fit).train
    assert train.preparation.fit == fit
    assert (train.read().pixels == 0).mean() == dark


GOOD = {"images": np.zeros((4, 32, 32, 3), np.uint8), "labels": np.array([0, 1, 0, 1])}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": GOOD["images"]}, "it holds x; give arrays images and labels"),
        (GOOD | {"labels": np.array([0, 1])}, "give 4 integers"),
        (GOOD | {"labels": np.eye(4)}, r"shape \[4, 4\]"),
        (GOOD | {"labels": np.zeros(4, int)}, "one class, '0'"),
        (GOOD | {"images": np.full((4, 32, 32), 255.0)}, "floats in 0..1"),
        (GOOD | {"images": np.full((4, 32, 32), np.nan)}, "floats in 0..1"),
        (GOOD | {"images": GOOD["images"][:0], "labels": np.zeros(0, int)}, r"\[0, 32, 32, 3\]"),
        (GOOD | {"class_names": np.array(["a"])}, "1 class names"),
        (
            {"x_train": GOOD["images"], "y_train": GOOD["labels"]}
            | {"x_test": GOOD["images"], "y_test": np.array([0, 1, 2, 0])},
            "unknown label '2'",
        ),
        (
            {"x_train": GOOD["images"][:, :28, :28], "y_train": GOOD["labels"]}
            | {"x_test": GOOD["images"], "y_test": GOOD["labels"]},
            r"splits differ in size, \[28, 28\] and \[32, 32\]",  # 28 would be set in 32 black ones
        ),
    ],
)
def test_npz_that_is_no_data_set(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        load_source(str(tmp_path / "a.npz"))


def test_a_missing_npz(tmp_path):
    with pytest.raises(InputError, match=r"a\.npz does not exist"):
        load_source(str(tmp_path / "a.npz"))


def test_groups_of_any_numbers_hold_no_test_image(tmp_path, make_images):
    train, test = make_images(4), make_images(4, seed=1)
    np.savez(
        tmp_path / "x.npz",
        x_train=train.pixels,
        y_train=train.labels,
        x_test=test.pixels,
        y_test=test.labels,
        together=np.repeat([-9, -10, -11, 5], 2),
    )
    source = load_source(str(tmp_path / "x.npz"))
    whole = Pool.concatenate(list(source.splits.values()))
    assert whole.together is not None
    assert not set(whole.together[:8].tolist()) & set(whole.together[8:].tolist())
    assert len(set(whole.together.tolist())) == 4 + 8
