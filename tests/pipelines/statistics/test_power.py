"""What a comparison could have found, beside simulated comparisons."""

import numpy as np
import pytest

from pipelines.statistics.paired import ALPHA, holm_adjusted, paired
from pipelines.statistics.power import (
    MOST,
    detectable,
    found_in_words,
    instances_to_settle,
    power,
)

TRIALS = 2000


def simulated(rng, difference, n, spread, correlation, comparisons):
    """Return how often the test claims a difference, counted in made-up comparisons."""
    # The observed spread leaves out what differences have in common.
    total = spread / np.sqrt(1 - correlation)
    claimed = 0
    for _ in range(TRIALS):
        common = rng.normal(0, total * np.sqrt(correlation))
        own = difference + common + rng.normal(0, spread, n)
        result = paired(np.zeros(n), own, correlation=correlation)
        claimed += result.p_t <= ALPHA / comparisons
    return claimed / TRIALS


@pytest.mark.parametrize(
    ("difference", "n", "correlation", "comparisons"),
    [
        (0.03, 10, 1 / 3, 1),
        (0.02, 6, 0.2, 3),
        (0.0, 8, 0.2, 1),
    ],
)
def test_power_is_how_often_a_difference_is_claimed(difference, n, correlation, comparisons):
    rng = np.random.default_rng([n, comparisons])
    counted = simulated(rng, difference, n, 0.016, correlation, comparisons)
    computed = power(difference, n, 0.016, correlation=correlation, comparisons=comparisons)
    assert computed == pytest.approx(counted, abs=3.5 * np.sqrt(0.25 / TRIALS))


@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("comparisons", [1, 4])
@pytest.mark.parametrize("n", [2, 5, 30])
def test_what_is_detectable_is_found_8_of_10_times(n, comparisons, correlation):
    how = {"correlation": correlation, "comparisons": comparisons}
    least = detectable(n, 0.02, **how)
    assert power(least, n, 0.02, **how) == pytest.approx(0.8, abs=1e-6)
    assert detectable(n, 0.04, **how) == pytest.approx(2 * least)


@pytest.mark.parametrize(
    ("n", "spread", "correlation"), [(1, 0.02, 0.0), (5, 0.0, 0.0), (5, 0.02, 1.0)]
)
def test_without_a_spread_nothing_is_detectable(n, spread, correlation):
    assert detectable(n, spread, correlation=correlation) is None


@pytest.mark.parametrize("comparisons", [1, 3])
@pytest.mark.parametrize("correlation", [0.0, 0.1])
def test_the_fewest_instances_that_settle_a_difference(correlation, comparisons):
    how = {"correlation": correlation, "comparisons": comparisons}
    n = instances_to_settle(0.025, 0.02, **how)
    assert power(0.025, n, 0.02, **how) > 0.8
    assert n <= 7 or power(0.025, n - 1, 0.02, **how) <= 0.8


def test_what_no_number_of_instances_settles():
    assert instances_to_settle(0.0, 0.02) is None
    assert instances_to_settle(1e-5, 0.02) is None, f"more than {MOST}"
    assert instances_to_settle(0.01, 0.02, correlation=1 / 3) is None
    assert instances_to_settle(0.05, 0.02, correlation=1.0) is None


def differing(differences, **more):
    return paired([0.5] * len(differences), [0.5 + d for d in differences], **more)


SOME = [0.01, 0.03, -0.01, 0.02, 0.0, -0.02, 0.03, 0.01]


def test_an_open_comparison_says_what_it_takes():
    words = found_in_words(differing(SOME))
    assert words.startswith("8 of 10 times a difference of 2.")
    assert words.endswith("to settle +0.9 takes about 36 instances")


def test_more_comparisons_and_shared_images_take_a_larger_difference():
    alone = differing(SOME)
    (family, *_) = holm_adjusted({str(i): alone for i in range(4)}).values()
    shared = differing(SOME, correlation=1 / 3)

    def least(result):
        return float(found_in_words(result).split("difference of ")[1].split()[0])

    assert least(alone) < least(family) < least(shared)
    assert found_in_words(shared).endswith(
        "+0.9 cannot be settled with these images, however often they are drawn"
    )


def test_a_claim_needs_no_more_instances():
    words = found_in_words(differing([0.05, 0.06, 0.05, 0.04, 0.06, 0.07]))
    assert words.endswith("points would have been found")


def test_no_difference_at_all_is_never_settled():
    words = found_in_words(differing([0.01, -0.01, 0.02, -0.02]))
    assert words.endswith("no number of instances would settle 0.0")


@pytest.mark.parametrize(
    "result", [differing([0.02]), differing([0.02, 0.02]), differing(SOME, correlation=1.0)]
)
def test_nothing_is_said_without_a_spread(result):
    assert found_in_words(result) == ""
