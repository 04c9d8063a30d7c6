"""Power laws of the error, and what they say of more images."""

import math

import pytest

from pipelines.errors import InputError
from pipelines.statistics.learning_curve import MOST_TIMES, Measured, learning_curve

TESTED = 100_000
"""So many that smoothing changes nothing."""


def law(c=0.8, b=0.5, spread=0.01, instances=5, sizes=(10, 20, 40)):
    """Return errors of a law on instances around it, which are off by the same at every size."""
    off = [spread * (i - (instances - 1) / 2) for i in range(instances)]
    return [Measured(n, {i: c * n**-b * (1 + o) for i, o in enumerate(off)}) for n in sizes]


def test_a_law_is_found_again():
    curve = learning_curve(law(), TESTED)
    assert curve.exponent == pytest.approx(0.5, abs=1e-3)
    assert curve.count == 40
    for n in (5, 40, 80):
        assert curve.error(n).value == pytest.approx(0.8 * n**-0.5, abs=1e-3)
    gained = 0.8 * 40**-0.5 * (1 - 2**-0.5)
    low, high = curve.doubling[1:]
    assert curve.doubling.value == pytest.approx(gained, abs=1e-3)
    assert low < gained < high
    assert curve.measured(0).low < 0.8 * 10**-0.5 < curve.measured(0).high


def test_a_gain_is_worth_the_images_that_would_give_it():
    curve = learning_curve(law(), TESTED)
    gain = curve.error(40).value - curve.error(60).value
    worth = curve.worth({i: gain * (1 + i / 50 - 0.04) for i in range(5)})
    assert worth.images == pytest.approx(20, abs=0.1)
    assert worth.low < 20 < worth.high
    assert worth.shown


def test_what_is_no_gain_is_worth_nothing():
    curve = learning_curve(law(), TESTED)
    worth = curve.worth({0: -0.02, 1: -0.021, 2: -0.022})
    assert (worth.images, worth.low, worth.high) == (0, 0, 0)
    assert not worth.shown
    open_gain = curve.worth({0: -0.01, 1: 0.01, 2: 0.012, 3: -0.005})
    assert not open_gain.shown
    assert 0 == open_gain.low < open_gain.images < open_gain.high < math.inf


def test_what_no_number_of_images_gives_is_infinite():
    gains = {0: 0.01, 1: 0.011, 2: 0.012}
    flat = learning_curve(law(b=0), TESTED)
    assert flat.exponent == 0
    assert flat.doubling.value == 0
    assert flat.worth(gains).images == math.inf
    rising = learning_curve(law(b=-0.3, c=0.05), TESTED)
    assert rising.doubling == (0, 0, 0)
    steep = learning_curve(law(), TESTED)
    too_much = steep.error(40).value
    assert steep.worth({i: too_much + i / 1000 for i in range(3)}).images == math.inf
    nearly = too_much - steep.error(40 * MOST_TIMES * 1.1).value
    assert steep.worth({i: nearly + i / 1000 for i in range(3)}).images == math.inf


def test_shared_images_and_few_instances_widen_the_intervals():
    def width(correlation=0.0, instances=5):
        off = [0.0, 0.3, -0.2, 0.1, -0.2]
        sizes = [
            Measured(n, {i: e * (1 + off[(i + k) % 5]) for i in range(instances)})
            for k, (n, e) in enumerate(((10, 0.3), (20, 0.22), (40, 0.16)))
        ]
        doubling = learning_curve(sizes, TESTED, correlation=correlation).doubling
        return doubling.high - doubling.low

    assert width() < width(correlation=0.2)
    assert width() < width(instances=3)


def test_no_mistake_among_few_images_is_no_certainty():
    sizes = [Measured(n, dict.fromkeys(range(5), e)) for n, e in ((10, 0.1), (20, 0.05), (40, 0))]
    curve = learning_curve(sizes, 100)
    assert 0 < curve.errors[-1] < 0.01
    assert curve.measured(2).low < 0.001 < 0.02 < curve.measured(2).high
    assert 0 < curve.doubling.value < 0.02
    surer = learning_curve(sizes, 10_000)
    assert surer.measured(1).high < curve.measured(1).high


def test_where_nothing_can_be_said_there_is_no_curve():
    assert learning_curve([], 10) is None
    assert learning_curve(law(sizes=(10,)), 10) is None
    assert learning_curve(law(instances=1), 10) is None
    assert learning_curve(law(), 10, correlation=1) is None
    apart = [Measured(10, {0: 0.1, 1: 0.1}), Measured(20, {2: 0.1, 3: 0.1})]
    assert learning_curve(apart, 10) is None
    assert learning_curve(law(), TESTED).worth({0: 0.1}) is None
    with pytest.raises(InputError, match="needs errors in"):
        learning_curve(law(c=8), 10)
    with pytest.raises(InputError, match="needs errors in"):
        learning_curve(law(), 0)


def test_those_instances_count_that_every_size_has():
    more = law()
    more[-1] = Measured(40, {**more[-1].errors, 9: 0.9})
    assert learning_curve(more, TESTED).instances == (0, 1, 2, 3, 4)
    assert learning_curve(more, TESTED).errors == learning_curve(law(), TESTED).errors
