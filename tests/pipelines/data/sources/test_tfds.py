"""Data sets that tensorflow-datasets has prepared; TensorFlow starts here."""

import os
import shutil
from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipelines.data.sources import load_source, tfds
from pipelines.errors import InputError

pytestmark = pytest.mark.slow  # to import the library takes seconds


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder of data sets as tensorflow-datasets keeps them, and the images that went in."""
    import tensorflow_datasets as library

    folder = tmp_path_factory.mktemp("tfds")
    rng = np.random.default_rng(0)

    def store(name, shape, sizes, **splits):
        def record(number, split):
            height, width = sizes[number % len(sizes)]
            pixels = rng.integers(0, 256, (height, width, shape[2]), dtype=np.uint8)
            return {"image": pixels, "label": -1 if split == "test" else number % 3}

        records = {
            split: [(number, record(number, split)) for number in range(count)]
            for split, count in splits.items()
        }
        features = {
            "image": library.features.Image(shape=shape),
            "label": library.features.ClassLabel(names=["cat", "dog", "fox"]),
        }
        library.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.0.0",
            features=library.features.FeaturesDict(features),
            split_datasets=records,
            data_dir=folder,
            disable_shuffling=True,
        )
        return [record["image"] for _, record in next(iter(records.values()))]

    alike = store("alike", (28, 28, 1), [(28, 28)], train=9, validation=6, test=3)
    mixed = store("mixed", (None, None, 3), [(40, 30), (33, 50)], everything=6)
    return folder, alike, mixed


def test_images_of_one_size_keep_it(prepared):
    folder, alike, _ = prepared
    source = load_source("alike", data_dir=folder)
    assert (source.train.read().pixels[:, 2:30, 2:30] == np.stack(alike)).all()
    assert source.train.labels.tolist() == [0, 1, 2] * 3
    assert source.train.class_names == ("cat", "dog", "fox")
    assert len(source.test) == 6
    assert source.valid is None
    assert source.notes == [
        "the test split has no labels and was left aside",
        "no test split: the validation images are those to test on",
    ]


@pytest.mark.parametrize("fit", ["crop", "inner"])
def test_a_split_too_large_for_memory_is_prepared_as_a_small_one_is(prepared, monkeypatch, fit):
    """Of emnist/byclass the training images are too many, the test images are not."""
    load = partial(load_source, "alike", data_dir=prepared[0], fit=fit)
    whole = load()
    monkeypatch.setattr(tfds, "IN_MEMORY", 28 * 28 * 7)  # 9 to train, 6 to test
    large = load()
    for split, pool in whole.splits.items():
        assert pool.preparation.centred
        assert large.splits[split].preparation == pool.preparation
        for size in (28, 32, 48):
            assert (large.splits[split].read(size).pixels == pool.read(size).pixels).all()


def test_images_of_many_sizes_are_fitted(prepared):
    folder, _, mixed = prepared
    source = load_source("mixed", data_dir=folder)
    assert source.test is None
    assert source.side == 32  # the median of 30 and 33, and more
    read = source.train.read(24).pixels
    assert read.shape == (6, 24, 24, 3)
    some = source.train.select([5, 2, 5]).read(24).pixels
    assert (some == read[[5, 2, 5]]).all()
    assert source.train.labels.tolist() == [0, 1, 2] * 2
    whole = ImageOps.fit(Image.fromarray(mixed[0]), (24, 24))
    assert (read[0] == np.asarray(whole)).all()


def test_pictures_that_cannot_be_read_are_skipped_as_the_message_says(prepared, monkeypatch):
    load = partial(load_source, "mixed", data_dir=prepared[0])
    cut = load().train.readers[0]._open

    def damaged(positions):
        yield from (b"no picture" if at == 2 else next(cut(np.array([at]))) for at in positions)

    for skip_bad in (False, True):
        train = load(skip_bad=skip_bad).train
        monkeypatch.setattr(train.readers[0], "_open", damaged)
        if skip_bad:
            assert train.can_be_read().tolist() == [True, True, False, True, True, True]
        else:
            with pytest.raises(InputError, match=r"2 \(not an image\).*--skip-bad"):
                train.can_be_read()


@pytest.mark.parametrize("name", ["alike", "mixed"])
def test_a_damaged_record_file_is_named(prepared, tmp_path, name):
    shutil.copytree(prepared[0] / name, tmp_path / name)
    for record in tmp_path.rglob("*.tfrecord-*"):
        whole = record.read_bytes()
        record.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=f"split of {name} cannot be read .*delete .*{name}"):
        load_source(name, data_dir=tmp_path)


@pytest.mark.skipif("GANAUG_DATA_DIR" not in os.environ, reason="GANAUG_DATA_DIR is not set")
def test_cifar10_from_the_environment():
    source = load_source("auto")
    assert source.notes == ["auto chose cifar10"]
    assert source.train.class_names[0] == "airplane"
    assert source.train.read().size == (32, 32)
    assert source.test is not None
