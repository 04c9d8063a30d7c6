"""Instances by folds, by the source's own split, and of everything."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.protocols import OWN_SPLIT, make_instances
from pipelines.data.sources import Source
from pipelines.data.splits import stratified_folds
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig


def made(source: Source, **settings):
    config = DataConfig(**settings)
    return list(make_instances(source, config.design(source)))


def own(train: Images, test: Images | None = None) -> Source:
    return Source("own", in_memory(train), None if test is None else in_memory(test), own=True)


def uneven(make_images, small: int = 12) -> Images:
    """Return 30 images of one class, and fewer of another."""
    images = make_images(30)
    return images.select(np.arange(30 + small))


@pytest.mark.parametrize(
    ("is_own", "has_test", "settings", "protocol"),
    [
        (False, True, {}, "draws"),
        (False, False, {}, "draws"),
        (True, False, {}, "folds"),
        (True, True, {}, "split"),
        (True, True, {"test_per_class": 5}, "draws"),
        (True, True, {"protocol": "folds"}, "folds"),
        (True, False, {"protocol": "draws"}, "draws"),
    ],
)
def test_the_default_suits_the_source(make_images, is_own, has_test, settings, protocol):
    test = in_memory(make_images(5, seed=1)) if has_test else None
    source = Source("some", in_memory(make_images(5)), test, own=is_own)
    assert DataConfig(**settings).filled(source).protocol == protocol


def test_what_is_drawn_is_study_ps_testbed(make_images):
    filled = DataConfig().filled(Source("cifar10", in_memory(make_images(5)), None))
    assert (filled.classes, filled.per_class, filled.test_per_class) == ("2", 50, 350)
    assert filled.instances == 10
    of_own = DataConfig(protocol="draws").filled(own(make_images(5)))
    assert of_own.classes == "all"  # whoever brings three classes wants all three told apart


def test_folds_use_every_image_once_and_keep_the_imbalance(make_images):
    images = uneven(make_images)
    instances = made(own(images))
    assert len(instances) == 10  # twice five folds
    for repetition in (instances[:5], instances[5:]):
        tested = [image for one in repetition for image in one.test.hashes()]
        assert sorted(tested) == sorted(images.image_hashes())
    for one in instances:
        assert not set(one.train.hashes()) & set(one.test.hashes())
        assert len(one.train) + len(one.test) == 42
        assert one.train.counts().tolist() in ([24, 9], [24, 10])
    assert instances[6].part == "fold 2 of 5, repetition 2"
    assert len({one.seed for one in instances}) == 10


def test_folds_shrink_to_the_smallest_class(make_images):
    instances = made(own(uneven(make_images, small=3)))
    assert instances[0].notes == ("3 folds instead of 5: class 'across' has 3",)
    assert [one.part for one in instances[2:4]] == [
        "fold 3 of 3, repetition 1",
        "fold 1 of 3, repetition 2",
    ]
    with pytest.raises(InputError, match="class 'across' of own has one image"):
        made(own(uneven(make_images, small=1)))


def test_folds_never_part_copies(make_images):
    images = make_images(12)
    copied = Images.concatenate([images, images.select([0, 0, 0, 13])])
    for one in made(own(copied)):
        assert not set(one.train.hashes()) & set(one.test.hashes())
        assert one.notes == ("4 copies of other images, kept in one fold with them",)


def test_folds_of_a_source_with_a_split_use_all_of_it(make_images):
    source = own(make_images(10), make_images(5, seed=1))
    first = made(source, protocol="folds", instances=1)[0]
    assert len(first.train) + len(first.test) == 30
    assert first.notes == ("its images of train and test were put together",)


def test_of_folds_at_most_so_many_are_used(make_images):
    source = own(make_images(20))
    few = made(source, per_class=3, protocol="folds", instances=5)
    more = made(source, per_class=6, protocol="folds", instances=5)
    for small, large in zip(few, more, strict=True):
        assert small.train.counts().tolist() == [3, 3]
        assert set(small.train.hashes()) < set(large.train.hashes())
        assert small.test.hashes() == large.test.hashes()
    limited = made(source, protocol="folds", test_per_class="all", classes="across,down")
    assert limited[0].test.counts().tolist() == [4, 4]


def test_the_sources_own_split_is_kept(make_images):
    source = own(make_images(10), make_images(5, seed=1))
    instances = made(source)
    assert [one.seed for one in instances] == [0, 1, 2, 3, 4]
    for one in instances:
        assert one.part == OWN_SPLIT
        assert one.train.read().digest() == source.train.read().digest()
        assert one.test.read().digest() == source.test.read().digest()


def test_a_test_image_that_trains_is_not_tested_on(make_images):
    train, fresh = make_images(10), make_images(5, seed=1)
    leaky = own(train, Images.concatenate([fresh, train.select([0, 1, 15])]))
    one = made(leaky)[0]
    assert one.test.read().digest() == fresh.digest()
    assert one.notes == ("3 test images identical to training images were not tested on",)


def test_validation_images_of_the_sources_own_are_neither_trained_nor_tested_on(make_images):
    train, test, fresh = make_images(10), make_images(5, seed=1), make_images(6, seed=2)
    seen = Images.concatenate([fresh, train.select([0, 15]), test.select([3])])
    source = replace(own(train, test), valid=in_memory(seen))
    unasked = made(source)[0]
    assert unasked.valid is None
    assert unasked.notes == ("15 validation images of its own were not used",)
    asked = made(source, own_validation=True)[0]
    assert asked.valid.read().digest() == fresh.digest()
    assert asked.notes == ()
    assert asked.train.read().digest() == train.digest()
    few = made(source, own_validation=True, protocol="split", test_per_class=2)[0]
    assert few.valid.counts().tolist() == [2, 2]
    gone = replace(source, valid=in_memory(train))
    with pytest.raises(InputError, match=r"leave data\.own_validation out"):
        made(gone, own_validation=True)


def test_a_class_that_is_too_small_to_be_dealt_out_is_named(make_images):
    few = uneven(make_images, small=2)
    with pytest.raises(InputError, match="class 'across' has 1 image: none can be left out"):
        made(own(few), protocol="shares", shares=(60, 20, 20))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "own has none beside its test images"),
        ({"protocol": "folds"}, "data.protocol 'folds' sets none of them apart"),
        ({"protocol": "draws", "per_class": 2}, "data.protocol 'draws' sets none"),
    ],
)
def test_it_is_said_where_no_validation_images_watch_though_asked_for(make_images, settings, why):
    source = own(make_images(10), make_images(5, seed=1))
    for one in made(source, own_validation=True, **settings):
        assert f"no validation images watch the trainings (data.own_validation): {why}" in " ".join(
            one.notes
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"protocol": "split"}, "own has no split of its own"),
        ({"classes": "down,bird"}, "unknown class of own 'bird'"),
        ({"classes": "3"}, "3 classes asked for; own has 2"),
    ],
)
def test_what_cannot_be_made_is_refused(make_images, settings, message):
    with pytest.raises(InputError, match=message):
        made(own(make_images(10)), **settings)


def test_a_split_without_test_images_of_a_class_is_refused(make_images):
    source = own(make_images(10), make_images(5, seed=1).select([0, 1]))
    with pytest.raises(InputError, match="class 'across' of own has no test image"):
        made(source)


def test_generators_may_train_on_everything(make_images):
    source = own(make_images(10), make_images(5, seed=1))
    (one,) = made(source, protocol="whole", instances=1)
    assert (len(one.train), len(one.test)) == (30, 0)


@pytest.mark.parametrize("protocol", ["folds", "split", "draws", "whole"])
def test_the_same_image_under_two_labels_is_named(make_images, protocol):
    images = make_images(12)
    copy = replace(images.select([3]), labels=np.array([1]))
    train = Images.concatenate([images, copy])
    source = own(train, make_images(6, seed=1) if protocol == "split" else None)
    tested = 0 if protocol == "draws" else "all"
    (one, *_) = made(source, protocol=protocol, per_class="all", test_per_class=tested, instances=2)
    assert "1 times the same image has two labels: 3 and 24" in one.notes


def test_groups_stay_on_one_side(make_images):
    """Of a fold, of a split and of a draw; and of whatever is split off of the training part."""
    images = make_images(24)
    bursts = np.arange(48) // 4
    grouped = replace(images, together=bursts)
    for protocol in ("folds", "draws"):
        asked = {"per_class": 10, "test_per_class": 8} if protocol == "draws" else {}
        for one in made(own(grouped), protocol=protocol, instances=3, **asked):
            train, test = one.train.read(), one.test.read()
            assert not set(train.together) & set(test.together)
            assert len(test)
            for kept, out in stratified_folds(train.labels, 2, 0, groups=train.groups()):
                assert not set(train.together[kept]) & set(train.together[out])
    test = replace(make_images(6, seed=1), together=np.array([0, 100, 101, 0, 102, 103] * 2))
    (one,) = made(own(grouped, test), protocol="split", instances=1)
    assert one.test.counts().tolist() == [4, 4]
    assert (
        "4 test images of groups of training images, or near copies of them, were not used"
        in one.notes
    )


def test_generators_need_no_test_images_of_a_split(make_images):
    train, test = make_images(6), make_images(6, seed=1).select(range(6))  # of one class only
    design = DataConfig(protocol="split", instances=1).design(own(train, test))
    with pytest.raises(InputError, match="'across' of own has no test image"):
        next(make_instances(own(train, test), design))
    one = next(make_instances(own(train, test), design, tested=False))
    assert one.train.counts().tolist() == [6, 6]


def test_a_group_that_holds_a_whole_class(make_images):
    images = replace(make_images(6), together=np.repeat([0, 1, 2], [6, 3, 3]))
    with pytest.raises(InputError, match=r"the 6 images of class 'down' .* are all of one group"):
        made(own(images), protocol="folds")


def test_shares_deal_every_image_out_in_the_same_fractions(make_images):
    images = make_images(40)
    instances = made(own(images), protocol="shares", instances=3)
    for one in instances:
        assert [*one.train.counts()] == [34, 34]
        assert [*one.valid.counts()] == [2, 2]
        assert [*one.test.counts()] == [4, 4]
        every = [hashed for part in (one.train, one.valid, one.test) for hashed in part.hashes()]
        assert sorted(every) == sorted(in_memory(images).hashes())
        assert one.part == "dealt out 85/5/10"
    assert instances[0].test.hashes() != instances[1].test.hashes()
    (half,) = made(own(images), protocol="shares", shares=(1, 0, 1), instances=1, per_class=5)
    assert half.valid is None
    assert [*half.train.counts(), *half.test.counts()] == [5, 5, 20, 20]


def test_shares_keep_copies_on_one_side(make_images):
    images = make_images(20)
    twice = Images.concatenate([images, images])
    (one,) = made(own(twice), protocol="shares", shares=(50, 25, 25), instances=1)
    parts = [set(part.hashes()) for part in (one.train, one.valid, one.test)]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 40


def test_shares_without_test_images_are_one_line(make_images):
    with pytest.raises(InputError, match=r"data.shares 90, 10, 0: some images have to be trained"):
        made(own(make_images(5)), protocol="shares", shares=(90, 10, 0))
