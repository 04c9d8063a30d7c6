"""Images that belong together stay on one side: of folds, of splits, of draws, of validation."""

import numpy as np
import pytest

from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.protocols import make_instances
from pipelines.data.sources import load_source
from pipelines.data.sources.grouping import by_pattern
from pipelines.data.sources.source import Source
from pipelines.data.splits import stratified_folds, stratified_split
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from tests.pipelines.data.sources.trees import grow


def bursts(scenes: int = 15, shots: int = 8, *, shared: bool = False, start: int = 0) -> Images:
    """Return two classes of scenes that were photographed several times; scenes may be shared."""
    count = 2 * scenes * shots
    rng = np.random.default_rng(start)
    pixels = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    labels = np.arange(count) % 2
    together = (
        start + np.arange(count) // (2 * shots) * (1 if shared else 2) + (0 if shared else labels)
    )
    return Images(pixels, labels, ("a", "b"), "bursts", together)


def source(train: Images, test: Images | None = None) -> Source:
    return Source("own", in_memory(train), None if test is None else in_memory(test), own=True)


def made(one: Source, **settings):
    config = DataConfig(**settings)
    return list(make_instances(one, config.design(one)))


def apart(one) -> bool:
    return not set(one.train.together.tolist()) & set(one.test.together.tolist())


@pytest.mark.parametrize("shared", [False, True])
def test_folds_keep_groups_on_one_side(shared):
    instances = made(source(bursts(shared=shared)), instances=5)
    assert all(apart(one) for one in instances)
    assert sum(len(one.test) for one in instances) == 240
    assert all(one.test.counts().min() > 0 for one in instances)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_draws_leave_groups_to_test_on(shared, seed):
    asked = {"protocol": "draws", "per_class": 50, "seed": seed, "instances": 1}
    (one,) = made(source(bursts(shared=shared)), **asked)
    assert apart(one)
    assert one.train.counts().tolist() == [50, 50]
    assert one.test.counts().tolist() == [64, 64]  # 7 scenes of 15 are trained on
    (fewer,) = made(source(bursts(shared=shared)), **asked | {"per_class": 20})
    shown = set(one.train.read().image_hashes())
    assert set(fewer.train.read().image_hashes()) < shown
    (limited,) = made(source(bursts(shared=shared)), **asked, test_per_class=10)
    assert limited.test.counts().tolist() == [10, 10]
    assert apart(limited)


def test_a_split_gives_up_test_images_of_groups_that_train():
    train, test = bursts(), bursts(4, start=28)  # groups 28 and 29 are in both
    (one,) = made(source(train, test), instances=1)
    assert apart(one)
    assert one.notes == (
        "16 test images of groups of training images, or near copies of them, were not used",
    )
    (one,) = made(source(train, test), protocol="draws", per_class=120, instances=1)
    assert apart(one)
    assert one.notes[-1] == (
        "16 images identical to training images, or of their groups, were not tested on"
    )


@pytest.mark.parametrize("shared", [False, True])
def test_validation_within_the_training_images_keeps_groups(shared):
    images = made(source(bursts(shared=shared)), instances=1)[0].train.read()
    groups = images.groups()
    assert len(np.unique(groups)) == len(np.unique(images.together))
    kept, left_out = stratified_split(images.labels, 0.2, 0, groups=groups)
    assert not set(images.together[kept]) & set(images.together[left_out])
    assert set(images.labels[left_out]) == {0, 1}
    assert np.bincount(images.labels[left_out]).tolist() == [16, 16]  # two scenes, for 19
    for kept, left_out in stratified_folds(images.labels, 3, 0, groups=groups):
        assert not set(images.together[kept]) & set(images.together[left_out])


def test_groups_survive_a_file(tmp_path):
    images = bursts(2, 2)
    images.save(tmp_path / "a.npz")
    assert Images.load(tmp_path / "a.npz").together.tolist() == images.together.tolist()
    assert load_source(str(tmp_path / "a.npz")).train.together.tolist() == images.together.tolist()


def test_a_group_that_holds_a_whole_class_is_one_line():
    images = bursts()
    whole = np.where(images.labels == 1, 99, images.together)
    one = source(Images(images.pixels, images.labels, images.class_names, "own", whole))
    with pytest.raises(InputError, match="120 images of class 'b' of own are all of one group"):
        made(one)
    with pytest.raises(InputError, match=r"class 'b' .* of another group .* group otherwise"):
        made(one, protocol="draws", per_class=20)


@pytest.mark.parametrize("seed", range(20))
def test_groups_across_classes_leave_no_fold_without_a_class(seed):
    """Class 0 has many groups, class 1 has two of them."""
    rng = np.random.default_rng(seed)
    groups = np.concatenate([np.repeat(np.arange(12), 3), [3, 3, 8, 8]])
    labels = np.array([0] * 36 + [1] * 4)
    order = rng.permutation(40)
    for kept, left_out in stratified_folds(labels[order], 2, seed, groups=groups[order]):
        assert set(labels[order][kept]) == set(labels[order][left_out]) == {0, 1}


# Where groups come from.


def test_a_pattern_groups_across_classes_and_splits(tmp_path):
    names = ("cat/p1_a.png", "cat/p2_a.png", "dog/p1_b.png", "dog/p3_b.png")
    grow(tmp_path, *(f"train/{name}" for name in names))
    grow(tmp_path, "test/cat/p3_c.png", "test/dog/p4_c.png", start=9)
    one = load_source(str(tmp_path), group_by=r"/(p\d+)_")
    assert one.train.together.tolist() == [0, 1, 0, 2]
    assert one.test.together.tolist() == [2, 3]
    assert one.notes[-1] == (
        r"6 images in 4 groups by '/(p\d+)_', of 1 to 2 images: those of a group stay on one side "
        "of every split"
    )
    assert load_source(str(tmp_path), group_by=r"p\d").train.together.tolist() == [0, 1, 0, 2]


def test_the_folder_below_the_class_is_the_group(tmp_path):
    names = ("cat/x/1.png", "cat/x/y/2.png", "cat/z/1.png", "dog/x/9.png")
    one = load_source(str(grow(tmp_path, *names)), group_by="parent")
    assert one.train.names == list(names)
    assert one.train.together.tolist() == [0, 1, 2, 0]
    grow(tmp_path, "dog/8.png", start=9)
    with pytest.raises(InputError, match=r"4 of 5 images lie in a folder below .*, dog/8.png does"):
        load_source(str(tmp_path), group_by="parent")


@pytest.mark.parametrize(
    ("group_by", "message"),
    [
        (r"p\d", "1 of 2 images match it, dog/2.png does not; group by"),
        ("nothing", "0 of 2 images match it, cat/p1.png does not"),
        ("(", r"'\(' is no regular expression"),
        (r"(p1)|2", "1 of 2 images match it"),  # a group that takes no part
    ],
)
def test_what_groups_only_some_images_is_refused(tmp_path, group_by, message):
    grow(tmp_path, "cat/p1.png", "dog/2.png")
    with pytest.raises(InputError, match=message) as caught:
        load_source(str(tmp_path), group_by=group_by)
    assert "\n" not in str(caught.value)


def test_a_column_of_a_table_groups(tmp_path):
    grow(tmp_path, "1.png", "2.png", "3.png", "4.png")
    lines = ("path,label,who,set", "1.png,a,x,train", "2.png,b,y,train", "3.png,a,y,test")
    (tmp_path / "t.csv").write_text("\n".join([*lines, "4.png,b,z,test"]))
    one = load_source(str(tmp_path / "t.csv"), group_by="who")
    assert one.train.together.tolist() == [0, 1]
    assert one.test.together.tolist() == [1, 2]
    with pytest.raises(InputError, match=r"unknown column to group by 'person'.*who"):
        load_source(str(tmp_path / "t.csv"), group_by="person")
    numbers = load_source(str(tmp_path / "t.csv"), group_by=r"^(\d)").train.together
    assert numbers.tolist() == [0, 1]


def test_what_has_no_names_cannot_be_grouped(tmp_path):
    bursts(2, 2).save(tmp_path / "a.npz")
    for name in ("mnist5k", str(tmp_path / "a.npz")):
        with pytest.raises(InputError, match="neither paths nor columns to be grouped by"):
            load_source(name, group_by="parent")


def test_one_name_is_one_number_everywhere():
    numbers = by_pattern(r"\d", {"train": ["a1", "b2"], "test": ["c2", "d1", "e3"]}).numbers
    assert {part: own.tolist() for part, own in numbers.items()} == {
        "train": [0, 1],
        "test": [1, 0, 2],
    }
