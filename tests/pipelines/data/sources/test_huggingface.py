"""Data sets that `datasets` saved."""

import sys

import pytest

from pipelines.data.sources import load_source
from pipelines.errors import InputError
from tests.pipelines.data.sources.trees import encoded, grow

pytestmark = pytest.mark.slow  # to import the library takes seconds

NAMES = ["cat", "dog"]


@pytest.fixture(scope="module")
def datasets():
    return pytest.importorskip("datasets")


@pytest.fixture
def some(datasets):
    """Return the function that makes a data set of pictures."""

    def make(labels, start=0, **columns):
        kinds = {"image": datasets.Image()}
        whole = all(isinstance(label, int) for label in labels)
        kinds["label"] = datasets.ClassLabel(names=NAMES) if whole else datasets.Value("string")
        kinds |= dict.fromkeys(columns, datasets.Value("string"))
        images = [{"bytes": encoded(n), "path": None} for n in range(start, start + len(labels))]
        content = {"image": images, "label": labels, **columns}
        return datasets.Dataset.from_dict(content, features=datasets.Features(kinds))

    return make


def test_a_data_set_without_splits_is_one_pool(some, tmp_path):
    some([0, 1, 1, 0]).save_to_disk(tmp_path / "pets")
    source = load_source(str(tmp_path / "pets"))
    assert source.name == "pets"
    assert source.own
    assert source.test is None
    assert source.train.class_names == ("cat", "dog")
    assert source.train.labels.tolist() == [0, 1, 1, 0]
    pixels = source.train.read(16).pixels
    assert pixels[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
    assert source.train.select([3, 1]).read(16).pixels[:, 0, 0, 0].tolist() == [3, 1]


def test_splits_and_labels_that_are_text(some, datasets, tmp_path):
    parts = {
        "train": some(["b", "a", "10", "9"]),
        "validation": some(["a", "a"], start=10),
        "test": some(["9"], start=20),
        "unsupervised": some(["a"], start=30),
    }
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "text")
    source = load_source(str(tmp_path / "text"))
    assert source.train.class_names == ("9", "10", "a", "b")
    assert source.train.labels.tolist() == [3, 2, 1, 0]
    assert {part: pool.labels.tolist() for part, pool in source.splits.items()} == {
        "train": [3, 2, 1, 0],
        "valid": [2, 2],
        "test": [0],
    }
    assert "splits that are not used were left aside: unsupervised" in source.notes


def test_a_split_without_labels_is_left_aside(some, datasets, tmp_path):
    datasets.DatasetDict({"train": some([0, 1]), "test": some([-1, -1])}).save_to_disk(
        tmp_path / "pets"
    )
    source = load_source(str(tmp_path / "pets"))
    assert source.test is None
    assert "the test split has images without labels and was left aside" in source.notes
    parts = {"train": some([0, 1]), "test": some([0, 1]).remove_columns("label")}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "none")
    assert load_source(str(tmp_path / "none")).test is None


def test_a_number_is_a_class_of_its_own_split(some, datasets, tmp_path):
    """`class_encode_column` numbers the classes of each split by itself."""

    def named(*names):
        return datasets.ClassLabel(names=[*names])

    parts = {
        "train": some(["bird", "cat", "dog"]).cast_column("label", named("bird", *NAMES)),
        "validation": some(["cat"], start=10).cast_column("label", named(*NAMES)),
        "test": some(["dog"], start=20).cast_column("label", named("dog")),
    }
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "pets")
    source = load_source(str(tmp_path / "pets"))
    assert source.train.class_names == ("bird", "cat", "dog")
    labels = {part: pool.labels.tolist() for part, pool in source.splits.items()}
    assert labels == {"train": [0, 1, 2], "valid": [1], "test": [2]}


def test_pictures_that_are_files(some, datasets, tmp_path):
    grow(tmp_path / "files", "1.png", "2.png")
    paths = [str(tmp_path / "files" / name) for name in ("1.png", "2.png")]
    made = datasets.Dataset.from_dict({"image": paths, "label": ["a", "b"]})
    made.cast_column("image", datasets.Image()).save_to_disk(tmp_path / "pets")
    assert load_source(str(tmp_path / "pets")).train.read(16).pixels[:, 0, 0, 0].tolist() == [0, 1]


def test_labels_may_be_plain_numbers(some, datasets, tmp_path):
    made = some(["7", "10", "7"], who=["x", "y", "z"]).cast_column("label", datasets.Value("int64"))
    made.save_to_disk(tmp_path / "pets")
    source = load_source(str(tmp_path / "pets"))
    assert source.train.class_names == ("7", "10")
    assert source.train.labels.tolist() == [0, 1, 0]


def test_groups_are_a_column(some, tmp_path):
    some([0, 1, 0], patient=["x", "y", "x"]).save_to_disk(tmp_path / "pets")
    assert load_source(str(tmp_path / "pets"), group_by="patient").train.together.tolist() == [
        0,
        1,
        0,
    ]
    with pytest.raises(InputError, match=r"unknown column of .* to group by 'age'.*patient"):
        load_source(str(tmp_path / "pets"), group_by="age")


def test_what_does_not_do_is_refused(some, datasets, tmp_path):
    some([0, 1]).remove_columns("label").save_to_disk(tmp_path / "none")
    with pytest.raises(InputError, match="columns 'image', 1 of images and 0 that may be labels"):
        load_source(str(tmp_path / "none"))
    parts = {"train": some(["a", "b"]), "test": some(["c"])}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "unknown")
    with pytest.raises(InputError, match=r"unknown label of the test split of .*'c'"):
        load_source(str(tmp_path / "unknown"))
    some([0, 1]).save_to_disk(tmp_path / "damaged")
    for file in (tmp_path / "damaged").glob("*.arrow"):
        file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(InputError, match=r"damaged cannot be read .*; save it anew") as caught:
        load_source(str(tmp_path / "damaged"))
    assert "\n" not in str(caught.value)


def test_a_picture_that_cannot_be_read_is_numbered(some, datasets, tmp_path):
    made = some([0, 1, 0])
    images = [{"bytes": encoded(0), "path": None}, {"bytes": b"text", "path": None}, None]
    made = made.remove_columns("image").add_column("image", images)
    made.cast_column("image", datasets.Image()).save_to_disk(tmp_path / "pets")
    with pytest.raises(InputError, match=r"2 of 3 .*: 1 \(not an image\), 2 \(there is none\)"):
        load_source(str(tmp_path / "pets")).train.read(16)


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "pets").mkdir()
    for name in ("state.json", "dataset_info.json"):
        (tmp_path / "pets" / name).write_text("{}")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(InputError, match=r'pets is a data set of .* install "ganaug\[huggingface'):
        load_source(str(tmp_path / "pets"))


def test_line_ends_in_the_names_of_classes_are_spelled_out(some, datasets, tmp_path):
    """They would break tables and pages, and escape sequences terminals."""
    names = ["two\nlines", "\x1b[31mred"]
    made = some([0, 1]).cast_column("label", datasets.ClassLabel(names=names))
    made.save_to_disk(tmp_path / "pets")
    source = load_source(str(tmp_path / "pets"))
    assert source.train.class_names == ("two\\nlines", "\\x1b[31mred")
