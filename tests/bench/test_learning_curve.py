"""Made-up learning curves, in miniature."""

import pytest

from bench.learning_curve import Case, coverage


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.2])
@pytest.mark.parametrize("floor", [False, True])
def test_intervals_hold_the_truth_nearly_always(floor, rho):
    found = coverage(Case(5, 0.4, 0.15, floor, rho), trials=200)
    # 0.9 is 3.2 standard deviations of such a count below 0.95.
    assert all(fraction >= 0.9 for fraction in found.values()), found
