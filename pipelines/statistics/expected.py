"""The accuracy to expect of a classifier that was chosen, and is then trained on all images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # loads scipy.stats when it is needed: `ganaug --help` need not wait for it

from pipelines.statistics.bootstrap import Differences, two_way_interval
from pipelines.statistics.learning_curve import Estimate, LearningCurve
from pipelines.statistics.paired import ALPHA
from pipelines.tasks.not_sure import Interval

FURTHEST = 2.0
"""Times as many images that a learning curve is believed for."""


@dataclass(frozen=True)
class Expected:
    """What a classifier of all images is expected to get right, in 0..1.

    Attributes
    ----------
    accuracy, interval
        The expectation and its 95 % interval.
    tested
        The accuracy that was measured, of classifiers with fewer training images.
    more
        What the further images are expected to add to that, up to `FURTHEST` as many; None where
        nothing tells.
    """

    accuracy: float
    interval: Interval
    tested: float
    more: Estimate | None


def expected(right: Sequence[Differences], curve: LearningCurve | None, times: float) -> Expected:
    """Return the accuracy to expect, from what was tested and how the error falls.

    Classifiers that are tested on some of the images learned from the others only: of five folds,
    from four fifths. Their accuracy is too low for the classifier of all images, but not by as much
    as the fitted law says, which knows no floor below which the error does not fall: a quarter more
    images gave 0.7 points where the law had 1.3 (cats and dogs, 32 of each, linear probe, 150
    draws), and 0.7 where it had 0.9 (ten classes of 40). So what is expected is half of what the
    law says, and anything from nothing to the end of its interval is possible. The intervals are
    joined as if they were independent (MOVER: Zou and Donner, Statistics in Medicine 27, 2008).

    Parameters
    ----------
    right
        Of each instance, its test images, each with 1 or 0, or a fraction of several trainings;
        where an arm was chosen, those of the arm that is best on all the others
        (`pipelines.statistics.choosing.chosen_by_the_others`), or the choice flatters.
    curve
        Of the arm, or of one whose error falls as fast; None where none was drawn.
    times
        How many times as many images the classifier is trained on, at least 1; of more than
        `FURTHEST` nothing more is expected.

    Examples
    --------
    >>> one = Differences(range(100), np.repeat([1.0, 0.0], [80, 20]))
    >>> expected([one], None, 1.25)
    Expected(accuracy=0.8, interval=(0.7081573109113719, 0.88), tested=0.8, more=None)
    """
    low, high = interval_of(right)
    tested = float(np.mean([one.values.mean() for one in right]))
    if curve is None:
        return Expected(tested, (low, high), tested, None)
    wrong = 1 - tested
    gone = curve.reduction(min(times, FURTHEST))
    more = Estimate(wrong * gone.value / 2, 0.0, wrong * gone.high)
    accuracy, left = tested + more.value, 1 - gone.value / 2
    below = math.hypot(left * (tested - low), more.value - more.low)
    above = math.hypot(left * (high - tested), more.high - more.value)
    return Expected(
        accuracy, (max(0.0, accuracy - below), min(1.0, accuracy + above)), tested, more
    )


def interval_of(right: Sequence[Differences]) -> Interval:
    """Return the 95 % interval of an accuracy, from which images were answered right.

    Never narrower than the exact binomial interval of as many images as were tested (Clopper and
    Pearson 1934): where every answer is right a bootstrap would be sure after a dozen images.

    Parameters
    ----------
    right
        Of each instance, its test images, each with 1 or 0, or a fraction of several trainings.
    """
    low, high = two_way_interval(right)
    images = len({image for one in right for image in one.images})
    accuracy = np.mean([one.values.mean() for one in right])
    exact = scipy.stats.binomtest(round(accuracy * images), images).proportion_ci(1 - ALPHA)
    return min(low, float(exact.low)), max(high, float(exact.high))
