import numpy as np
import pytest

from pipelines.data.splits import stratified_folds, stratified_split
from pipelines.errors import InputError


def test_folds_hold_each_class_in_the_same_share():
    labels = np.repeat([0, 1, 2], [20, 10, 5])
    folds = stratified_folds(labels, 5, seed=0)
    assert len(folds) == 5
    for train, valid in folds:
        assert np.bincount(labels[valid]).tolist() == [4, 2, 1]
        assert sorted([*train, *valid]) == list(range(35))
    assert sorted(np.concatenate([valid for _, valid in folds])) == list(range(35))


def test_folds_follow_the_seed_and_repeats_differ():
    labels = np.repeat([0, 1], 10)
    first, again, other = (stratified_folds(labels, 2, seed) for seed in (0, 0, 1))
    assert all((a[1] == b[1]).all() for a, b in zip(first, again, strict=True))
    assert any((a[1] != b[1]).any() for a, b in zip(first, other, strict=True))
    repeated = stratified_folds(labels, 2, 0, repeats=3)
    assert len({tuple(valid) for _, valid in repeated}) == 6


@pytest.mark.parametrize(("folds", "message"), [(4, "class 1 has 3 images"), (1, "at least 2")])
def test_folds_that_cannot_be_made_are_refused(folds, message):
    with pytest.raises(InputError, match=message):
        stratified_folds([0, 0, 0, 0, 1, 1, 1], folds, 0)


@pytest.mark.parametrize("seed", range(5))
def test_folds_keep_groups_on_one_side(seed):
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], [40, 12, 7])
    groups = np.arange(59)
    groups[1:9] = 0  # nine copies of one image
    groups[45], groups[58] = 44, 57  # pairs, one of them in the smallest class
    groups[30], groups[50] = 1000, 1000  # the same picture under two labels
    order = rng.permutation(59)
    labels, groups = labels[order], groups[order]
    folds = stratified_folds(labels, 5, seed, repeats=2, groups=groups)
    assert len(folds) == 10
    for train, valid in folds:
        assert not set(groups[train]) & set(groups[valid])
        assert np.bincount(labels[valid], minlength=3).min() >= 1
        assert sorted([*train, *valid]) == list(range(59))
    for repeat in (folds[:5], folds[5:]):
        assert sorted(np.concatenate([valid for _, valid in repeat])) == list(range(59))


def test_folds_without_copies_are_those_without_groups():
    labels = np.repeat([0, 1], 10)
    plain = stratified_folds(labels, 5, 3)
    grouped = stratified_folds(labels, 5, 3, groups=np.arange(20)[::-1])
    assert all((a[1] == b[1]).all() for a, b in zip(plain, grouped, strict=True))


def test_copies_do_not_count_as_images():
    with pytest.raises(InputError, match="class 1 has 2 images that differ, too few for 3 folds"):
        stratified_folds([0, 0, 0, 1, 1, 1, 1], 3, 0, groups=[0, 1, 2, 3, 3, 3, 4])


def test_a_part_is_left_out_of_each_class():
    labels = np.repeat([0, 1, 2], [10, 5, 2])
    kept, left_out = stratified_split(labels, 0.2, seed=0)
    assert sorted([*kept, *left_out]) == list(range(17))
    assert np.bincount(labels[left_out]).tolist() == [2, 1, 1]
    assert not np.array_equal(stratified_split(labels, 0.2, seed=1)[1], left_out)
    np.testing.assert_array_equal(stratified_split(labels, 0.2, seed=0)[1], left_out)
    with pytest.raises(InputError, match="class 1 has 1 image: none can be left out"):
        stratified_split([0, 0, 1], 0.2, seed=0)


def test_a_part_that_is_left_out_takes_copies_along():
    labels = np.repeat([0, 1], [10, 6])
    groups = np.arange(16)
    groups[1:5] = 0
    groups[15] = 9  # one picture under two labels
    for seed in range(10):
        kept, left_out = stratified_split(labels, 0.2, seed, groups=groups)
        assert not set(groups[kept]) & set(groups[left_out])
        assert sorted([*kept, *left_out]) == list(range(16))
        assert np.bincount(labels[kept], minlength=2).min() >= 1
    with pytest.raises(InputError, match="class 1 has copies of one image"):
        stratified_split([0, 0, 1, 1], 0.2, 0, groups=[0, 1, 2, 2])


@pytest.mark.parametrize("seed", range(10))
def test_a_burst_does_not_take_the_training_images_along(seed):
    """45 of 50 images are of one scene, a fifth is to be left out: never those 45."""
    labels = np.repeat([0, 1], 50)
    groups = np.concatenate([np.zeros(45, int), np.arange(1, 56)])
    kept, left_out = stratified_split(labels, 0.2, seed, groups=groups)
    assert np.bincount(labels[left_out]).tolist() == [5, 10]
    assert np.bincount(labels[kept]).tolist() == [45, 40]


def test_of_groups_that_are_all_too_large_the_smallest_is_left_out():
    labels, groups = np.repeat([0, 1], 50), np.repeat([0, 1, 2, 3], [30, 20, 20, 30])
    for seed in range(5):
        _, left_out = stratified_split(labels, 0.2, seed, groups=groups)
        assert set(groups[left_out]) == {1, 2}
