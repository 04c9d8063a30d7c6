"""Unequal classes: what always guessing the largest one would reach, and which arm does no more."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.comparison.results import ComparisonResult
from pipelines.statistics.paired import Paired, paired
from pipelines.statistics.verdicts import conclusion
from pipelines.tuning.results import SearchResult

UNEQUAL = 1.5
"""Classes are unequal if the largest has more than so many times the test images of the
smallest."""


@dataclass(frozen=True)
class Guess:
    """Always answering the class that has most test images.

    Attributes
    ----------
    right
        How often that would be right, by instance, 0..1.
    words
        The classes' test images, and the above, in a sentence.
    """

    right: dict[int, float]
    words: str


def guess(comparison: ComparisonResult) -> Guess | None:
    """Return what always guessing would reach; None where the classes are about equal."""
    return _guess({run.instance: run.result.scores.support for run in comparison.trainings})


def guessed_in_words(search: SearchResult) -> list[str]:
    """Say what always guessing would reach and whether a search found no better, a line each.

    Empty where the classes are about equal, and of a search that tested nothing.
    """
    always = _guess(dict(enumerate(search.tested)))
    if always is None:
        return []
    right = list(always.right.values())
    lines = [always.words]
    for name, values in (("tuned", search.tuned_means), ("untuned", search.untuned_means)):
        against = paired(right, values, correlation=search.correlation)
        lines.append(no_better(name, float(np.mean(values)), against))
    return [*filter(None, lines)]


def _guess(tested: Mapping[int, Mapping[str, int]]) -> Guess | None:
    """Return the guess of instances with so many test images of each class.

    Where they have the same classes, the guess is one class in all: in a fold of a few images of
    each, now one class has one more, now another.
    """
    several = list(tested.values())
    if not several:
        return None
    together = sum(map(Counter, several), Counter())
    same = all(set(own) == set(several[0]) for own in several)
    counts: Sequence[Mapping[str, int]] = [together] if same else several
    if not any(max(own.values()) > UNEQUAL * min(own.values()) for own in counts):
        return None
    largest = max(together, key=lambda name: together[name])
    right = {
        index: (own[largest] if same else max(own.values())) / sum(own.values())
        for index, own in tested.items()
    }
    return Guess(right, _in_words(several, float(np.mean(list(right.values())))))


def no_better(name: str, accuracy: float, against: Paired) -> str:
    """Say that an arm is no better than always guessing; empty if it is.

    Parameters
    ----------
    name
        Of the arm.
    accuracy
        Its mean over the instances, 0..1.
    against
        The arm compared with guessing, on the same instances.

    Examples
    --------
    >>> from pipelines.statistics.paired import paired
    >>> no_better("real", 0.87, paired([0.88, 0.88], [0.86, 0.88]))
    'Warning: “real” is right on 87.0 %: no better than always guessing.'
    """
    start = f"Warning: “{name}” is right on {100 * accuracy:.1f} %: "
    if against.mean <= 0:
        return f"{start}no better than always guessing."
    if against.n > 1 and conclusion(against) == "unclear":
        return f"{start}not shown to be better than always guessing."
    return ""


def _in_words(tested: Sequence[Mapping[str, int]], right: float) -> str:
    """Name the largest and the smallest class, where they are the same in every instance."""
    always = f"would be right on {100 * right:.1f} %."
    names = set(tested[0])
    if any(set(own) != names for own in tested):
        return f"Classes are unequal in some instances: always guessing the largest {always}"
    mean = {name: float(np.mean([own[name] for own in tested])) for name in tested[0]}
    ordered = sorted(mean, key=lambda name: -mean[name])
    largest, smallest = ordered[0], ordered[-1]
    many, few = round(mean[largest]), round(mean[smallest])
    counts = f"{many} test images of “{largest}” and {few} of “{smallest}”"
    return f"Classes are unequal ({counts} an instance): always guessing “{largest}” {always}"
