from dataclasses import replace

import numpy as np
import pytest

from pipelines.data.choosing import parse_classes
from pipelines.data.images import Images
from pipelines.data.instances import check_disjoint, further_images, instance
from pipelines.data.pool import Pool, in_memory
from pipelines.data.sources import Source
from pipelines.errors import InputError


@pytest.fixture(scope="module")
def pool(make_images):
    return Source("stripes", in_memory(make_images(30, classes=4)), None)


@pytest.fixture(scope="module")
def split(make_images):
    return Source(
        "stripes",
        in_memory(make_images(30, classes=4)),
        in_memory(make_images(15, classes=4, seed=1)),
    )


def rows(images: Pool, of: Pool) -> list[int]:
    """Return where each image lies in another set."""
    where = {image: index for index, image in enumerate(of.hashes())}
    return [where[image] for image in images.hashes()]


@pytest.mark.parametrize("source", ["pool", "split"])
def test_an_instance_holds_what_was_asked_for(source, request):
    source = request.getfixturevalue(source)
    one = instance(source, 3, classes=3, per_class=5, test_per_class=7)
    assert one.train.counts().tolist() == [5, 5, 5]
    assert one.test.counts().tolist() == [7, 7, 7]
    assert one.classes == one.train.class_names == one.test.class_names
    assert one.notes == ()
    tests = source.test if source.test is not None else source.train
    for drawn, origin in ((one.train, source.train), (one.test, tests)):
        labels = origin.labels[rows(drawn, origin)]
        assert [origin.class_names[label] for label in labels] == [
            one.classes[label] for label in drawn.labels
        ]
    assert not set(one.train.hashes()) & set(one.test.hashes())


def test_the_seed_decides_classes_and_images(split):
    drawn = [instance(split, seed, per_class=5, test_per_class=5) for seed in (0, 0, 1, 2, 3, 4)]
    assert drawn[0].train.read().digest() == drawn[1].train.read().digest()
    assert drawn[0].test.read().digest() == drawn[1].test.read().digest()
    assert len({one.train.read().digest() for one in drawn[1:]}) == 5
    assert len({one.classes for one in drawn}) > 1


def test_an_instance_is_the_same_on_every_machine(split):
    one = instance(split, 0, per_class=3, test_per_class=2)
    assert one.classes == ("across", "flat3")
    assert rows(one.train, split.train) == [40, 32, 44, 118, 93, 114]
    assert rows(one.test, split.test) == [26, 27, 50, 59]


@pytest.mark.parametrize("source", ["pool", "split"])
def test_more_images_asked_for_leave_those_drawn_as_they_were(source, request):
    source = request.getfixturevalue(source)
    names = ("down", "flat2")
    small = instance(source, 0, classes=names, per_class=4, test_per_class=5)
    more_tests = instance(source, 0, classes=names, per_class=4, test_per_class=9)
    assert more_tests.train.hashes() == small.train.hashes()
    more_training = instance(source, 0, classes=names, per_class=9, test_per_class=5)
    assert set(small.train.hashes()) < set(more_training.train.hashes())
    assert more_training.test.hashes() == small.test.hashes()
    more_classes = instance(source, 0, classes=4, per_class=4, test_per_class=5)
    assert set(small.train.hashes()) < set(more_classes.train.hashes())


def test_classes_come_in_the_order_of_the_source(split):
    there = instance(split, 0, classes=("down", "flat2"), per_class=4, test_per_class=5)
    back = instance(split, 0, classes=["flat2", "down"], per_class=4, test_per_class=5)
    assert there.classes == back.classes == ("down", "flat2")
    assert there.train.hashes() == back.train.hashes()


def test_fewer_test_images_only_where_the_source_has_fewer(split):
    test = split.test.select(np.delete(np.arange(60), [0, 1, 30]))  # 13 down, 15, 14, 15
    uneven = replace(split, test=test)
    one = instance(uneven, 0, classes=("down", "across"), per_class=5)
    assert one.test.counts().tolist() == [13, 15]
    assert one.notes == ("13 to 15 test images a class instead of 350",)
    same = instance(uneven, 0, classes=("across", "flat3"), per_class=5, test_per_class=20)
    assert same.notes == ("15 test images a class instead of 20",)


def test_test_images_that_equal_training_images_give_way(split):
    """Half of the test split is copied from the training split, under whatever label."""
    train, test = split.train.read(), split.test.read()
    copied = test.pixels.copy()
    copied[::2] = train.pixels[np.arange(30) * 4]
    leaky = replace(split, test=in_memory(replace(test, pixels=copied)))
    one = instance(leaky, 0, classes=4, per_class=30, test_per_class=5)
    check_disjoint(one.train, one.test)
    assert one.test.counts().tolist() == [5, 5, 5, 5]
    (note,) = one.notes
    assert note.endswith("images identical to training images were not tested on")
    scarce = instance(leaky, 0, classes=4, per_class=30, test_per_class=15)
    assert scarce.test.counts().tolist() == [7, 8, 7, 8]
    assert scarce.notes[1].startswith("30 images identical")


def test_duplicates_in_a_pool_are_never_on_both_sides(make_images):
    images = make_images(20)
    doubled = Images.concatenate([images, images])
    one = instance(Source("twice", in_memory(doubled), None), 0, per_class=10)
    check_disjoint(one.train, one.test)
    trained = len(set(one.train.hashes()))
    assert len(one.test) == 2 * (len(images) - trained)


def test_no_test_images_when_none_are_asked_for(pool):
    one = instance(pool, 0, per_class=30, test_per_class=0)
    assert len(one.test) == 0
    assert one.notes == ()


def test_generators_do_not_insist_on_test_images(pool):
    one = instance(pool, 0, per_class=30, tested=False)
    bare = instance(pool, 0, per_class=30, test_per_class=0)
    assert one.train.hashes() == bare.train.hashes()
    assert one.test.counts().min() == 0
    fewer = instance(pool, 0, per_class=10, tested=False)
    assert fewer.test.hashes() == instance(pool, 0, per_class=10).test.hashes()


@pytest.mark.parametrize("source", ["pool", "split"])
def test_further_images_are_none_of_the_instance(source, request):
    source = request.getfixturevalue(source)
    one = instance(source, 3, classes=2, per_class=10, test_per_class=8)
    more = further_images(source, one, 12)
    assert more.counts().tolist() == [12, 12]
    assert more.class_names == one.train.class_names
    own = {*one.train.hashes(), *one.test.hashes()}
    assert not own & set(more.hashes())
    places = rows(more, source.train)
    wanted = [source.train.class_names.index(one.classes[label]) for label in more.labels]
    assert source.train.labels[places].tolist() == wanted
    fewer = further_images(source, one, 5)
    np.testing.assert_array_equal(fewer.read().of_class(1), more.read().of_class(1)[:5])


def test_too_few_further_images_are_refused(pool):
    one = instance(pool, 0, classes=2, per_class=10, test_per_class=8)
    with pytest.raises(InputError, match="has 12 further training images, 13 are asked for"):
        further_images(pool, one, 13)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"classes": ("down", "acros")}, "did you mean across"),
        ({"classes": ("down", "down")}, "name each class once"),
        ({"classes": ()}, "name each class once"),
        ({"classes": 5}, "5 classes asked for; stripes has 4"),
        ({"classes": 0}, "0 classes"),
        (
            {"per_class": 31},
            r"has 30 .* \(and 1 more class has too few\), 31 are asked",
        ),
        ({"per_class": 0}, "at least 1"),
        ({"test_per_class": -1}, "at least 0"),
        ({"per_class": 30}, "no image left to test on"),
    ],
)
def test_what_cannot_be_drawn_is_refused(pool, asked, message):
    with pytest.raises(InputError, match=message):
        instance(pool, 0, **asked)


def test_negative_seeds_are_refused(pool):
    with pytest.raises(InputError, match="seed: -1"):
        instance(pool, -1)


def test_check_disjoint_counts_what_is_shared(make_images):
    train = make_images(10)
    check_disjoint(in_memory(train), in_memory(make_images(10, seed=1)))
    other = make_images(10, seed=2).select([0])
    with pytest.raises(InputError, match="3 of 4 test images"):
        check_disjoint(
            in_memory(train),
            in_memory(Images.concatenate([train.select([0, 5, 19]), other])),
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 10 ", 10),
        ("cat, dog,", ("cat", "dog")),
        ("", ()),
        ("all", ("cat", "dog", "2020", "salt, pepper", "a,b")),
        ("2020", ("2020",)),  # a class of that name, not so many classes
        ("2", 2),
        ("salt, pepper,cat", ("salt, pepper", "cat")),
        ("cat,salt,pepper", ("cat", "salt, pepper")),
        ('"a,b",dog', ("a,b", "dog")),
        ("bird", ("bird",)),
    ],
)
def test_parse_classes(text, expected):
    names = ("cat", "dog", "2020", "salt, pepper", "a,b")
    assert parse_classes(text, names) == expected
    birds = ("black bird", "blackbird", "cat")
    assert parse_classes("black bird, cat", birds) == ("black bird", "cat")
    digits = [str(digit) for digit in range(10)]
    assert parse_classes("2", digits) == 2  # two of the ten digits
    assert parse_classes("2,", digits) == ("2",)
    assert parse_classes("10", digits) == 10
