"""What to expect of a classifier of all images."""

import numpy as np
import pytest

from pipelines.statistics.bootstrap import Differences
from pipelines.statistics.expected import FURTHEST, expected, interval_of
from pipelines.statistics.learning_curve import Measured, learning_curve


def folds(rng: np.random.Generator, accuracy: float, images: int = 200) -> list[Differences]:
    """Return five folds of images, each right by chance."""
    right = (rng.random(images) < accuracy).astype(float)
    return [Differences(range(i, images, 5), right[i::5]) for i in range(5)]


def curve(exponent: float, error: float, images: int = 200):
    parts = [(n, error * (n / 40) ** -exponent) for n in (10, 20, 40)]
    measured = [Measured(n, {i: e + (i - 2) / 500 for i in range(5)}) for n, e in parts]
    return learning_curve(measured, images, correlation=0.2)


def test_more_images_add_what_the_curve_says_and_its_doubt():
    right = folds(np.random.default_rng(0), 0.8)
    plain, more = expected(right, None, 1.25), expected(right, curve(0.5, 0.2), 1.25)
    assert plain.more is None
    assert plain.interval == interval_of(right)
    assert more.tested == plain.accuracy
    assert more.more.value == pytest.approx((1 - plain.accuracy) * (1 - 1.25**-0.5) / 2, rel=0.05)
    assert more.accuracy == pytest.approx(plain.accuracy + more.more.value)
    assert plain.interval[0] < more.interval[0] < more.accuracy < more.interval[1] <= 1
    assert expected(right, curve(0.5, 0.2), 1).accuracy == plain.accuracy


def test_no_further_than_a_curve_is_believed():
    right = folds(np.random.default_rng(0), 0.8)
    assert expected(right, curve(0.5, 0.2), 9) == expected(right, curve(0.5, 0.2), FURTHEST)
    flat = expected(right, curve(-0.2, 0.2), 1.25)
    assert flat.more.value == 0
    assert flat.more.high > 0


def test_the_interval_holds_the_accuracy_with_more_images():
    rng = np.random.default_rng(1)
    held, above = 0, []
    for _ in range(100):
        error = 0.2
        right = folds(rng, 1 - error)
        truth = 1 - error * (1 + 1.25**-0.5) / 2
        one = expected(right, curve(0.5, error), 1.25)
        held += one.interval[0] <= truth <= one.interval[1]
        above.append(one.accuracy - truth)
    assert held >= 93
    assert abs(np.mean(above)) < 0.01


def test_all_right_is_no_certainty():
    low, high = expected([Differences(range(12), np.ones(12))], None, 1.0).interval
    assert low < 0.8
    assert high == 1
