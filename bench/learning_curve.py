"""How often the intervals of a learning curve hold what they should.

Command: ``python -m bench.learning_curve``, or ``… --help``. A trial makes up a curve, and
instances measured on it:

- The expected error is c n^-b, or, as no law of ours, the same with a floor of half of the error at
  n below it. Images of a class: n/4, n/2, n. The error at n is 4 % to 25 %.
- Instances share images: their errors vary together, by a chance of a trial (a part ``rho`` of the
  variance, which is what the statistics are told) and one of their own. One deviation goes for all
  sizes of an instance, a smaller one for each: another part could have been drawn. Folds share
  1 / folds, at least.
- Each instance has test images of its own, of which some are hard at every size (a copula).
- Another arm on the same instances is better by what half as many images more would give, and
  varies beside the first.

The last line is JSON: the fraction of trials, over all cases, whose 95 % interval holds the truth.
"""

import argparse
import itertools
import json
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipelines.statistics.learning_curve import Measured, learning_curve

PARTS = (0.25, 0.5, 1.0)
PER_CLASS, CLASSES = 40, 4
WORTH = 0.5
"""The gain of the other arm is worth this many more images, of those that there are."""
COMMON, OWN = 0.15, 0.08
"""Relative deviations of an instance's error: of all its sizes, of each."""
HARD = 0.7
"""Correlation of what two trainings find hard in a test image."""


class Case(NamedTuple):
    """What a trial is made of."""

    instances: int
    exponent: float
    error: float
    floor: bool
    rho: float

    def expected(self, times: float) -> float:
        """Return the expected error at ``times`` as many images as there are."""
        floor = 0.5 * self.error * self.floor
        return float(floor + (self.error - floor) * times**-self.exponent)


CASES = [
    Case(*one)
    for one in itertools.product((3, 5, 10), (0.2, 0.5), (0.04, 0.25), (False, True), (0.0, 0.2))
]


def trial(case: Case, rng: np.random.Generator) -> dict[str, bool | None]:
    """Measure a made-up curve, and say which intervals hold the truth; None: nothing was said."""
    tests = PER_CLASS * CLASSES // 4  # a fold's, of five
    times = [*PARTS, 1 + WORTH]
    expected = np.array([case.expected(one) for one in times])
    deviation = COMMON * _shared(case, rng, 1) + OWN * _shared(case, rng, len(times))
    true = np.clip(expected * np.exp(deviation - (COMMON**2 + OWN**2) / 2), 0, 1)
    hard, chance = (
        rng.standard_normal((case.instances, 1, tests)),
        (case.instances, len(times), tests),
    )
    seen = np.sqrt(HARD) * hard + np.sqrt(1 - HARD) * rng.standard_normal(chance)
    errors = (ndtr(seen) < true[:, :, None]).mean(axis=2)
    measured = [
        Measured(part * PER_CLASS, dict(enumerate(errors[:, at]))) for at, part in enumerate(PARTS)
    ]
    curve = learning_curve(measured, tests * case.instances, correlation=case.rho)
    assert curve is not None
    doubling = case.expected(1) - case.expected(2)
    worth = curve.worth(dict(enumerate(errors[:, -2] - errors[:, -1])))
    low, high = curve.doubling[1:]
    return {
        "doubling": low <= doubling <= high,
        "worth": None if worth is None else worth.low <= WORTH * PER_CLASS <= worth.high,
        "worth at most": None if worth is None else worth.high >= WORTH * PER_CLASS,
    }


def _shared(case: Case, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return deviations ``[instances, count]``, of variance 1 and of correlation rho."""
    common, own = rng.standard_normal((1, count)), rng.standard_normal((case.instances, count))
    return np.sqrt(case.rho) * common + np.sqrt(1 - case.rho) * own


def coverage(case: Case, trials: int, seed: int = 0) -> dict[str, float]:
    """Return the fraction of trials whose interval holds the truth, by what is estimated."""
    rng = np.random.default_rng([seed, CASES.index(case) if case in CASES else len(CASES)])
    found = [trial(case, rng) for _ in range(trials)]
    said = {name: [one[name] for one in found if one[name] is not None] for name in found[0]}
    return {name: float(np.mean(own)) if own else float("nan") for name, own in said.items()}


def main() -> None:
    """Print a line a case, and the means as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    every: dict[str, dict[str, list[float]]] = {"law": {}, "floor": {}}
    for case in CASES:
        found = coverage(case, options.trials, options.seed)
        for name, value in found.items():
            every["floor" if case.floor else "law"].setdefault(name, []).append(value)
        print(case, {name: round(value, 3) for name, value in found.items()})
    means = {
        kind: {name: round(float(np.mean(v)), 3) for name, v in own.items()}
        for kind, own in every.items()
    }
    print(json.dumps(means))


if __name__ == "__main__":
    main()
