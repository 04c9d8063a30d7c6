"""Learning curves: what more images would give, and how many more of them a gain is worth.

The error of a classifier falls with its training images as a power law, error(n) = c n^-b, for as
long as there is something to learn (Hestness et al., "Deep Learning Scaling is Predictable,
Empirically", 2017; Viering and Loog, "The Shape of Learning Curves: a Review", TPAMI 45, 2022). A
law with a floor below it fits better where there are many sizes; from two or three sizes no floor
can be told, so the two-parameter law is used, and used no further than it has to be: to twice as
many images, or to `MOST_TIMES` as many to say what a gain is worth. Larger sizes weigh more, as
they are nearer to where one asks (Figueroa et al., "Predicting sample size required for
classification performance", BMC Medical Informatics and Decision Making 12, 2012).

Three to ten instances are too few to be drawn with replacement: a bootstrap of three knows ten
values. Instead the mean errors are drawn as the corrected resampled t test sees them: around what
was measured, with the covariance of the instances, widened for shared images (Nadeau and Bengio
2003, `pipelines.statistics.paired.variance_factor`), and with the tails of t with n - 1 degrees of
freedom. To each draw a curve is fitted. Draws are made of the logarithms, so that no error falls
below 0, and never vary less than as many test images allow: no mistake among ten is no certainty.

What the intervals hold, in made-up comparisons of 3, 5 and 10 instances (``python -m
bench.learning_curve``, 400 of each of 48 kinds): of twice as many images 97.0 % where the error is
a power law and 98.0 % where half of it is a floor; of what a gain is worth 97.3 % both times. The
worst kind is a steep curve down to a floor, 10 instances that share no image: 89 % of 400.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.statistics.paired import ALPHA, Paired, paired, variance_factor

DRAWS = 4000
MOST_TIMES = 10.0
"""As many images as at present that a gain is compared with; beyond, nothing is said: the law was
measured over a factor of four."""

Array = NDArray[np.float64]


class Measured(NamedTuple):
    """What an arm got wrong after training on so many images."""

    per_class: float
    """Training images of a class, mean over the classes."""
    errors: Mapping[int, float]
    """Fraction of the test images that it got wrong, by instance."""


class Estimate(NamedTuple):
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Worth:
    """How many more real images a class a gain is worth.

    Attributes
    ----------
    images
        More images of a class that would give the same, at least 0; infinite where that is more
        than `MOST_TIMES` as many as there are.
    low, high
        The 95 % interval of that; infinite likewise.
    gain
        The gain itself.
    """

    images: float
    low: float
    high: float
    gain: Paired

    @property
    def shown(self) -> bool:
        """Whether there is a gain at all: its interval lies above 0."""
        return self.gain.low is not None and self.gain.low > 0


@dataclass(frozen=True)
class LearningCurve:
    """The error of an arm as a power law of its training images.

    Attributes
    ----------
    per_class
        Training images of a class, ascending, ``[S]``; the last one is all there are.
    errors
        Mean error at each, above 0, ``[S]``: a half is added to the mistakes and one to the test
        images (Krichevsky and Trofimov 1981), so that none among few is not taken for never.
    instances
        On which all of them were measured, ``n``.
    correlation
        Of two instances because they share images, as in `pipelines.statistics.paired.paired`.
    """

    per_class: tuple[float, ...]
    errors: tuple[float, ...]
    instances: tuple[int, ...]
    correlation: float
    _drawn: Array

    @property
    def count(self) -> float:
        """Images of a class that there are."""
        return self.per_class[-1]

    @cached_property
    def exponent(self) -> float:
        """How steeply the error falls, b, at least 0: where it does not, the curve is flat."""
        return float(self._line(np.log(self.errors)[None])[1][0])

    def error(self, per_class: float) -> Estimate:
        """Return the fitted error at so many images of a class, in 0..1."""
        return _estimate(*(self._at(per_class, line) for line in self._lines))

    def measured(self, at: int) -> Estimate:
        """Return the mean error at one of the sizes, by its position, and its interval."""
        return _estimate(np.array(self.errors[at : at + 1]), np.exp(self._drawn[:, at]))

    def reduction(self, times: float) -> Estimate:
        """Return the fraction of the error that ``times`` as many images take away, in 0..1."""
        return _estimate(*(1 - times**-exponent for _, exponent in self._lines))

    @cached_property
    def doubling(self) -> Estimate:
        """The accuracy that twice as many images of a class would add, at least 0."""
        return _estimate(
            *(self._at(self.count, one) - self._at(2 * self.count, one) for one in self._lines)
        )

    def worth(self, gains: Mapping[int, float]) -> Worth | None:
        """Say how many more images of a class give what an arm gains over this one.

        Parameters
        ----------
        gains
            Accuracy of the arm minus that of the curve's arm, by instance; not only on those of the
            curve.

        Returns
        -------
        Worth or None
            None where the gains have no interval: of one instance, or all equal.
        """
        which = sorted(gains)
        values = np.array([gains[i] for i in which])
        gain = paired([0.0] * len(values), list(values), correlation=self.correlation)
        if gain.low is None:
            return None
        drawn = gain.mean + _deviations(values[:, None], which, self.correlation, salt=1)[:, 0]
        found = _estimate(
            self._further(np.array([gain.mean]), self._lines[0]),
            self._further(drawn, self._lines[1]),
        )
        return Worth(*found, gain)

    @cached_property
    def _lines(self) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """The fitted law, and those fitted to the draws: (log c, b) each."""
        return self._line(np.log(self.errors)[None]), self._line(self._drawn)

    def _line(self, log_errors: Array) -> tuple[Array, Array]:
        """Fit lines to the logarithms of errors ``[D, S]``, each size weighing as its rank."""
        log_n = np.log(self.per_class)
        weights = np.arange(1.0, len(log_n) + 1)
        weights /= weights.sum()
        x = log_n - weights @ log_n
        slope = (log_errors @ (weights * x)) / (weights @ x**2)
        exponent = np.maximum(-slope, 0.0)
        return log_errors @ weights + exponent * (weights @ log_n), exponent

    @staticmethod
    def _at(per_class: float, line: tuple[Array, Array]) -> Array:
        log_c, exponent = line
        return np.asarray(np.exp(np.minimum(log_c - exponent * math.log(per_class), 0.0)))

    def _further(self, gains: Array, line: tuple[Array, Array]) -> Array:
        """Return how many more images a class take the fitted error down by some gains."""
        # The law solved for n, as a logarithm: a flat curve never gets there, nor does any to an
        # error below 0.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            left = 1 - gains / self._at(self.count, line)
            times = np.where(left > 0, -np.log(np.maximum(left, 0)) / line[1], np.inf)
        times = np.where(gains <= 0, 0.0, times)
        further = self.count * np.expm1(np.minimum(times, 2 * math.log(MOST_TIMES)))
        return np.where(times > math.log(MOST_TIMES), np.inf, further)


def learning_curve(
    measured: Sequence[Measured], tested: int, *, correlation: float = 0.0
) -> LearningCurve | None:
    """Fit a learning curve to what was measured with growing parts of the images.

    Parameters
    ----------
    measured
        At each size; those instances count that every size has.
    tested
        Distinct test images of all instances together, at least 1.
    correlation
        As in `pipelines.statistics.paired.paired`.

    Returns
    -------
    LearningCurve or None
        None where there is no curve, or no saying how sure it is: of fewer than two sizes or two
        instances, or where instances differ in the chance of training alone (``correlation`` 1).

    Raises
    ------
    InputError
        If an error is not in 0..1, or nothing was tested.

    Examples
    --------
    >>> halves = [Measured(n, {i: e + i / 100 for i in range(5)}) for n, e in ((10, 0.2),
    ...     (20, 0.14), (40, 0.1))]
    >>> curve = learning_curve(halves, 1000)
    >>> round(curve.exponent, 2), [round(100 * one, 1) for one in curve.doubling]
    (0.43, [3.1, 2.5, 3.6])
    >>> worth = curve.worth({0: 0.01, 1: 0.012, 2: 0.011, 3: 0.012, 4: 0.01})
    >>> round(worth.images), round(worth.low), round(worth.high), worth.shown
    (10, 8, 14, True)
    """
    sizes = sorted(measured)
    common = sorted(set.intersection(*({*one.errors} for one in sizes))) if sizes else []
    if len({one.per_class for one in sizes}) < 2 or len(common) < 2 or correlation == 1:
        return None
    errors = np.array([[one.errors[i] for one in sizes] for i in common])
    if tested < 1 or not ((errors >= 0) & (errors <= 1)).all():
        raise InputError(f"a learning curve needs errors in 0..1 of test images, got {errors}")
    mean = (errors.mean(axis=0) * tested + 0.5) / (tested + 1)
    factor = variance_factor(len(common), correlation)
    # Relative deviations are those of the logarithm, to first order.
    drawn = np.log(mean) + _deviations(errors / mean, common, correlation)
    lacking = (1 - mean) / (mean * tested) - factor * (errors / mean).var(axis=0, ddof=1)
    noise = np.random.default_rng([0, 2]).standard_normal(drawn.shape)
    drawn += np.sqrt(np.maximum(lacking, 0)) * noise
    per_class = tuple(float(one.per_class) for one in sizes)
    return LearningCurve(
        per_class, tuple(map(float, mean)), tuple(common), correlation, np.minimum(drawn, 0.0)
    )


def _deviations(
    values: Array, instances: Sequence[int], correlation: float, salt: int = 0
) -> Array:
    """Return draws of how far the mean of values ``[n, S]`` may be off, ``[DRAWS, S]``.

    Each column is distributed as the corrected t interval says. An instance weighs the same in
    every call, so that what was measured on the same instances varies together.
    """
    n = len(instances)
    weights = np.stack(
        [np.random.default_rng([0, 0, i]).standard_normal(DRAWS) for i in instances], axis=1
    )
    spread = weights @ (values - values.mean(axis=0)) / math.sqrt(n - 1)
    tails = np.sqrt((n - 1) / np.random.default_rng([0, 1, salt]).chisquare(n - 1, DRAWS))
    return np.asarray(math.sqrt(variance_factor(n, correlation)) * tails[:, None] * spread)


def _estimate(value: Array, draws: Array) -> Estimate:
    # No mean of neighbours: some may be infinite.
    low, high = np.quantile(draws, [ALPHA / 2, 1 - ALPHA / 2], method="inverted_cdf")
    return Estimate(float(value[0]), float(low), float(high))
