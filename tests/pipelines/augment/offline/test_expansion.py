"""Offline expansions: exact counts and contents."""

import itertools
import tracemalloc

import numpy as np
import pytest

from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.errors import InputError
from tests.pipelines.augment.offline.noise import FIVE, RNG, everything, noise


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 100),
        ("flip", 200),
        ("rotate", 400),
        ("isolate", 400),
        ("patch_shuffle(16)", 200),
        ("mix", 10_100),
        ("flip + rotate + patch_shuffle(16)", 600),
        ("flip + rotate + patch_shuffle(16) + mix", 10_600),
        ("mix(flip + rotate) + patch_shuffle(16)", 250_600),
        ("mix(flip + rotate + patch_shuffle(16))", 360_600),
    ],
)
def test_counts_are_those_of_the_study(text, count):
    hundred = noise(100, size=16)
    expansion = Expansion(hundred, text)
    assert len(expansion) == count
    drawn = RNG.integers(0, count, 500)
    images, labels = expansion.take(drawn)
    assert images.shape == (500, 16, 16, 3)
    assert images.dtype == np.uint8
    assert 150 < labels.sum() < 350


def test_originals_come_first():
    images, labels = Expansion(FIVE, "flip + mix").take(np.arange(5))
    np.testing.assert_array_equal(images, FIVE.pixels)
    np.testing.assert_array_equal(labels, FIVE.labels)


def test_mix_averages_every_ordered_pair():
    expansion = Expansion(FIVE, "mix(flip)")
    base = np.concatenate([FIVE.pixels, FIVE.pixels[:, :, ::-1]])
    pairs = list(itertools.product(range(10), range(10)))
    images, labels = expansion.take(np.arange(10, 110))
    for image, label, (first, second) in zip(images, labels, pairs, strict=True):
        mean = (base[first].astype(float) + base[second]) / 2
        np.testing.assert_array_equal(image, np.floor(mean + 0.5))
        assert label == FIVE.labels[first % 5]


def test_mix_by_hand():
    pixels = np.zeros((2, 1, 1, 3), np.uint8)
    pixels[0], pixels[1] = [10, 255, 3], [13, 255, 4]
    expansion = Expansion(Images(pixels, np.array([0, 1]), ("a", "b"), "hand"), "mix")
    images, labels = expansion.take(range(6))
    taken = [(i.ravel().tolist(), label) for i, label in zip(images, labels, strict=True)]
    a, b, average = [10, 255, 3], [13, 255, 4], [12, 255, 4]
    assert taken == [(a, 0), (b, 1), (a, 0), (average, 0), (average, 1), (b, 1)]


def test_an_image_is_the_same_however_it_is_reached():
    expansion = Expansion(FIVE, "mix(rotate + patch_shuffle(2)) + isolate", seed=4)
    whole = everything(expansion)
    order = RNG.permutation(len(expansion))
    images, labels = Expansion(FIVE, expansion.text, seed=4).take(order)
    np.testing.assert_array_equal(images, whole.pixels[order])
    np.testing.assert_array_equal(labels, whole.labels[order])
    other = everything(Expansion(FIVE, expansion.text, seed=5))
    assert not np.array_equal(other.pixels, whole.pixels)


def test_more_than_memory_holds_is_refused(monkeypatch):
    monkeypatch.setattr("pipelines.augment.offline.expansion.MOST_AT_ONCE", 29)
    with pytest.raises(InputError, match="'mix' makes 30 images, more than the 29"):
        Expansion(FIVE, "mix").everything()


def test_further_images_are_not_mixed():
    more = noise(3)
    plain = Expansion(FIVE, "mix(flip)")
    joined = plain.with_more(more)
    assert len(joined) == len(plain) + 3 == 10 + 3 + 100
    np.testing.assert_array_equal(joined.take([10, 11, 12])[0], more.pixels)
    np.testing.assert_array_equal(
        joined.take(np.arange(13, 113))[0], plain.take(np.arange(10, 110))[0]
    )
    counts = [np.bincount(everything(one).labels) for one in (joined, plain)]
    assert (counts[0] - counts[1]).tolist() == more.counts().tolist()


def test_nothing_can_be_asked_for():
    assert Expansion(FIVE, "flip").take([])[0].shape == (0, 8, 8, 3)


def test_the_largest_expansion_of_the_study_fits_into_a_corner_of_memory():
    tracemalloc.start()
    expansion = Expansion(noise(100, size=32), "mix(flip + rotate + patch_shuffle(16))")
    for start in range(0, 360_600, 9_000):
        expansion.take(np.arange(start, start + 128) % 360_600)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 2**20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flp", "unknown expansion 'flp'; did you mean flip?"),
        ("mix(flp)", "unknown expansion 'flp'; did you mean flip?"),
        ("flip + flip", "flip stands twice"),
        ("mix(flip) + flip", "flip stands twice"),
        ("mix(mix)", "mix stands twice"),
        ("mix(3)", "mix takes terms joined by '+'"),
        ("mix(flip, rotate)", "mix takes terms joined by '+'"),
        ("flip | rotate", "write named steps joined by '+'"),
        ("patch_shuffle(1)", "kernel 2 to 256"),
        ("patch_shuffle(16)", "patch_shuffle(16) needs images of 16 pixels or more, received 8x8"),
    ],
)
def test_says_what_is_wrong(text, message):
    with pytest.raises(InputError) as caught:
        Expansion(FIVE, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
