import itertools

import numpy as np
import pytest
from scipy import stats

from pipelines.errors import InputError
from pipelines.statistics.paired import holm, holm_adjusted, paired, summary
from pipelines.statistics.verdicts import caveat, conclusion, enough_instances, points, verdict


def arms(n, gain=0.0, seed=0):
    """Accuracies of a reference and of another arm on n instances."""
    rng = np.random.default_rng([seed, n])
    reference = rng.normal(0.75, 0.06, n)
    return reference, reference + gain + rng.normal(0, 0.02, n)


def enumerated_sign_flip(differences):
    """Two-sided p value, every assignment of signs counted one by one."""
    observed = abs(sum(differences))
    signs = itertools.product([1, -1], repeat=len(differences))
    sums = [abs(sum(s * d for s, d in zip(sign, differences, strict=True))) for sign in signs]
    return sum(total >= observed - 1e-12 for total in sums) / len(sums)


def test_summary_uses_n_minus_1_and_has_no_spread_for_one_value():
    values = [0.70, 0.72, 0.77, 0.61]
    result = summary(values)
    assert result.std == pytest.approx(np.std(values, ddof=1))
    assert result.se == pytest.approx(np.std(values, ddof=1) / 2)
    assert (result.minimum, result.maximum, result.n) == (0.61, 0.77, 4)
    assert summary([0.7]).std is None
    assert summary([0.7]).se is None


@pytest.mark.parametrize("n", [2, 3, 6, 10, 50])
def test_paired_t_test_agrees_with_scipy(n):
    reference, other = arms(n, gain=0.01)
    result = paired(reference, other)
    expected = stats.ttest_rel(other, reference)
    interval = expected.confidence_interval(0.95)
    assert result.p_t == pytest.approx(expected.pvalue)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))
    assert result.mean == pytest.approx(np.mean(other) - np.mean(reference))
    assert result.wins + result.losses + result.ties == n


@pytest.mark.parametrize(
    "differences",
    [
        [0.1],
        [0.02, 0.05, 0.01],
        [0.1, 0.2, -0.3],  # 0.1 + 0.2 - 0.3 is not 0 in floating point
        [0.03, -0.01, 0.02, 0.04, 0.0, 0.01, -0.02],
        [0.0, 0.0, 0.0],
    ],
)
def test_sign_flip_agrees_with_enumeration(differences):
    result = paired([0.5] * len(differences), [0.5 + d for d in differences])
    assert result.p_flip == pytest.approx(enumerated_sign_flip(differences))


def test_sign_flip_counts_sums_that_are_equal_on_paper():
    # Accuracies on 350 images; the differences sum to 1 image, and rounding errors hide ties.
    before = np.array([223, 255, 273, 202, 223, 234, 292])
    change = np.array([5, 1, -2, -6, -3, 3, 3])
    result = paired(before / 350, (before + change) / 350)
    assert result.p_flip == enumerated_sign_flip(change) == 1.0


def test_sign_flip_is_sampled_beyond_16_instances_and_repeats():
    reference, other = arms(40, gain=0.008)
    first = paired(reference, other)
    assert first.p_flip == paired(reference, other).p_flip
    # With 40 instances the two tests must nearly agree.
    assert first.p_flip == pytest.approx(first.p_t, abs=0.01)


def test_intervals_cover_the_true_difference_as_often_as_they_say():
    results = [paired(*arms(4, gain=0.03, seed=seed)) for seed in range(1, 401)]
    covered = sum(result.low <= 0.03 <= result.high for result in results)
    # Binomial(400, 0.95): outside 364..394 less than once in a thousand.
    assert 364 <= covered <= 394


def test_rounding_is_a_tie():
    third = np.float32(1 / 3)
    result = paired([1 / 3, 0.5], [float(third), 0.5])
    assert (result.wins, result.losses, result.ties) == (0, 0, 2)
    assert verdict(result) == "0.0 points: equal on each of the 2 instances"


def test_holm_by_hand():
    # 4 * 0.01, 3 * 0.015, 2 * 0.03, then 0.04 lifted to the value before it.
    assert holm([0.03, 0.01, 0.04, 0.015]) == pytest.approx([0.06, 0.04, 0.06, 0.045])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_holm_adjusted_covers_the_family_also_arms_without_a_t_test():
    reference, other = arms(8, gain=0.02)
    alone = paired(reference, other)
    family = holm_adjusted({"a": alone, "same": paired(reference, reference)})
    assert family["a"].p_t == pytest.approx(2 * alone.p_t)
    assert family["a"].p_flip == pytest.approx(2 * alone.p_flip)
    assert (family["a"].low, family["a"].high) == (alone.low, alone.high)
    assert family["same"].p_t is None
    assert family["same"].comparisons == 2


@pytest.mark.parametrize("comparisons", range(1, 12))
def test_enough_instances_is_the_smallest_that_can_reach_5_percent(comparisons):
    n = enough_instances(comparisons)
    assert comparisons * 2.0 ** (1 - n) <= 0.05 < comparisons * 2.0 ** (2 - n)
    assert caveat(n, comparisons) == ""
    assert f"{n} instances are the fewest" in caveat(n - 1, comparisons)


def test_six_equal_signs_reach_5_percent_and_five_do_not():
    spread = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    six = paired([0.5] * 6, [0.5 + d for d in spread])
    five = paired([0.5] * 5, [0.5 + d for d in spread[:5]])
    assert conclusion(six) == "better"
    assert five.p_t < 0.05
    assert conclusion(five) == "probably better"


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ([0.021], "+2.1 points on the only instance: no spread to judge it by"),
        ([0.01, 0.03, 0.02], "(95 % interval −0.5 to +4.5, 3 instances): not distinguishable"),
        ([0.05, 0.06, 0.055], "probably better, but 3 instances are too few to be sure"),
        ([-0.05, -0.06, -0.055], "probably worse, but 3 instances are too few to be sure"),
        ([-0.05, -0.06, -0.05, -0.04, -0.06, -0.07], "6 instances): worse"),
        ([0.02, 0.02, 0.02], "+2.0 points on each of the 3 instances: no spread to build"),
        ([0.0, 0.0], "0.0 points: equal on each of the 2 instances"),
    ],
)
def test_verdict_says_no_more_than_the_data(differences, words):
    result = paired([0.5] * len(differences), [0.5 + d for d in differences])
    assert words in verdict(result)


def test_verdict_names_the_correction_that_takes_a_claim_away():
    alone = paired(*arms(8, gain=0.02))
    assert alone.low > 0
    family = holm_adjusted({str(i): alone for i in range(20)})
    assert "once 20 comparisons are allowed for" in verdict(family["0"])


def test_caveat_of_few_instances():
    assert "no interval and no test" in caveat(1)
    assert "cannot go below p = 0.25, so it cannot reach 0.05" in caveat(3)
    assert "cannot go below p = 0.5 when 2 arms are compared" in caveat(3, 2)


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.0214, "+2.1"), (-0.0214, "−2.1"), (-0.0001, "0.0"), (0.1, "+10.0")]
)
def test_points(fraction, text):
    assert points(fraction) == text


@pytest.mark.parametrize("values", [[], [0.5, float("nan")], [float("inf")]])
def test_bad_values_are_named(values):
    with pytest.raises(InputError, match="at least one finite number"):
        summary(values)


def test_arms_of_different_length_are_refused():
    with pytest.raises(InputError, match="received 2 and 3 values"):
        paired([0.5, 0.6], [0.5, 0.6, 0.7])


@pytest.mark.parametrize(
    ("differences", "correlation", "images", "words"),
    [
        (
            [0.03],
            0.0,
            (0.01, 0.05),
            "+3.0 points on the only instance (95 % interval over the test",
        ),
        ([0.03], 0.0, (0.01, 0.05), "a difference is shown for these training images, and nothing"),
        ([0.03], 0.0, (-0.01, 0.07), "nothing is shown for these training images, and nothing for"),
        (
            [0.03, 0.01],
            1.0,
            (0.0, 0.05),
            "over 2 instances (95 % interval over the test images 0.0",
        ),
        ([0.03, 0.01, 0.02], 0.0, (0.01, 0.03), "(95 % interval −0.5 to +4.5, 3 instances): not"),
    ],
)
def test_verdict_names_the_interval_over_images_where_there_is_no_test(
    differences, correlation, images, words
):
    n = len(differences)
    result = paired([0.5] * n, [0.5 + d for d in differences], correlation=correlation)
    assert words in verdict(result, images=images)


def test_where_every_instance_trains_on_the_same_no_number_of_them_is_enough():
    words = caveat(3, correlation=1.0)
    assert words.startswith("Every instance has the same training images")
    assert "too few" not in words
    assert caveat(3, correlation=0.2).startswith("3 instances are too few")
