"""Intervals over instances and test images at once."""

import numpy as np
import pytest
from scipy import stats

from pipelines.errors import InputError
from pipelines.statistics.bootstrap import Differences, two_way_interval


def table(rng, instances, images, of_instance, of_image, noise=0.3):
    """Differences with an effect of the instance and one of the image, on the same images."""
    rows = rng.normal(0, of_instance, (instances, 1))
    columns = rng.normal(0, of_image, images)
    values = rows + columns + rng.normal(0, noise, (instances, images))
    return [Differences(range(images), own) for own in values]


def width(instances, **more):
    low, high = two_way_interval(instances, **more)
    return high - low


def test_one_instance_leaves_the_images_alone():
    rng = np.random.default_rng(0)
    values = rng.choice([-1.0, 0.0, 1.0], 400, p=[0.1, 0.7, 0.2])
    low, high = two_way_interval([Differences(range(400), values)])
    reach = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.006)


def test_images_of_their_own_leave_the_instances_alone():
    """With an effect of the instance alone it is the bootstrap of the instances' means."""
    rng = np.random.default_rng(1)
    apart = [
        Differences([f"{i}-{j}" for j in range(50)], np.full(50, mean))
        for i, mean in enumerate(rng.normal(0, 0.1, 30))
    ]
    means = [own.values.mean() for own in apart]
    drawn = stats.bootstrap((means,), np.mean, method="percentile", rng=rng, n_resamples=4000)
    expected = drawn.confidence_interval
    assert two_way_interval(apart) == pytest.approx((expected.low, expected.high), abs=0.005)


def test_images_that_all_instances_share_widen_it():
    rng = np.random.default_rng(2)
    shared = table(rng, 10, 200, of_instance=0.0, of_image=0.5)
    apart = [Differences([(i, j) for j in range(200)], own.values) for i, own in enumerate(shared)]
    assert width(shared) > 1.5 * width(apart)


def test_it_holds_the_true_difference_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(150):
        low, high = two_way_interval(table(rng, 12, 60, of_instance=0.2, of_image=0.6), draws=400)
        covered += low <= 0 <= high
    # Binomial(150, 0.95): below 134 less than once in three hundred.
    assert covered >= 134


def test_the_same_seed_gives_the_same_and_another_nearly():
    instances = table(np.random.default_rng(4), 5, 40, of_instance=0.1, of_image=0.1)
    assert two_way_interval(instances) == two_way_interval(instances)
    other = two_way_interval(instances, seed=1)
    assert other != two_way_interval(instances)
    assert other == pytest.approx(two_way_interval(instances), abs=0.02)


def test_an_image_that_is_there_twice_counts_twice():
    once = two_way_interval([Differences("ab", np.array([1.0, 0.0]))])
    assert once == (0.0, 1.0)
    many = Differences("aab", np.array([1.0, 1.0, 0.0]))
    assert two_way_interval([many]) == (0.0, 1.0)
    assert two_way_interval([Differences("aaa", np.array([1.0, 1.0, 0.0]))]) == pytest.approx(
        (2 / 3, 2 / 3)
    )


@pytest.mark.parametrize("instances", [[], [Differences([], np.array([]))]])
def test_nothing_to_draw_from(instances):
    with pytest.raises(InputError, match="at least one instance, each with test images"):
        two_way_interval(instances)
