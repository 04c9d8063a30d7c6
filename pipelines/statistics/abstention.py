"""When a classifier should rather say that it is not sure: a threshold on its probabilities.

Selective classification: an answer counts where its highest probability reaches a threshold, which
is chosen so that answers are right at an aimed rate (Geifman and El-Yaniv, "Selective
classification for deep neural networks", NeurIPS 2017).
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy  # loads scipy.stats when it is needed: `ganaug --help` need not wait for it
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.statistics.bootstrap import DRAWS, times_drawn
from pipelines.statistics.paired import ALPHA
from pipelines.tasks.not_sure import Interval, NotSure

AIM = 0.95
"""Of the answers that count, so many are to be right: one mistake in twenty is what most people who
look over a classifier's answers put up with, and a few dozen images a class can show it."""
HIGHER_AIMS = 0.99, 0.98, 0.97
"""Where all answers together reach that, the first of these which a threshold reaches. To show 99 %
takes 99 answers without a mistake, which a small set does not have; 97 % takes 33."""
PARTS = 5
"""Into which images are dealt where the instances all test the same ones."""
_BATCH = 100
_ROUNDING = 1e-9


class Answers(NamedTuple):
    """What one instance's classifiers answered to its test images, ``[N]`` each.

    Attributes
    ----------
    images
        What tells the test images apart, in all instances alike; one that was answered by several
        classifiers is there several times.
    confidence
        The highest probability, 0..1.
    right
        1 where the class of that probability is the true one, else 0.
    """

    images: Sequence[Hashable]
    confidence: NDArray[Any]
    right: NDArray[np.float64]


def not_sure(instances: Sequence[Answers]) -> NotSure:
    """Choose the threshold of a classifier, and say what answers above it are worth.

    The threshold comes from all answers. What it is worth comes from others: of each instance the
    answers are judged by a threshold that was chosen on the other instances' answers to images
    that this one does not test. Where those are too few, since all test the same images, images
    are dealt into `PARTS` instead. An image counts once, by the mean over its answers. Intervals
    are those of a bootstrap over images, and never narrower than the exact binomial one of as many
    images (Clopper and Pearson 1934).

    Parameters
    ----------
    instances
        At least one, with at least one answer.

    Raises
    ------
    InputError
        If there is no answer.

    Examples
    --------
    >>> confidence = np.linspace(0.5, 1, 200)
    >>> right = (np.arange(200) >= 60).astype(float)
    >>> found = not_sure([Answers(range(200), confidence, right)])
    >>> found.aim, round(found.threshold, 2), round(found.coverage, 2)
    (0.95, 0.63, 0.74)
    """
    answers = _joined(instances)
    if not len(answers.right):
        raise InputError("no answer to a test image: there is nothing to choose a threshold on")
    aim = _aim(answers)
    threshold = threshold_for(answers, aim)
    if threshold is not None:
        judged = [(held, _sure(held, others, aim)) for held, others in _left_out(instances)]
        sure = np.concatenate([one for _, one in judged])
        if sure.any():
            return _worth(_joined([held for held, _ in judged]), sure, aim, threshold)
    return _worth(answers, np.ones(len(answers.right)), aim, None)


def threshold_for(answers: Answers, aim: float) -> float | None:
    """Return the lowest threshold whose answers are right at an aimed rate; None if none is.

    One more mistake than was seen is allowed for: the lowest threshold that was good enough on
    these images was partly so by luck, and without that answers to others fall short of the aim,
    by one to two points where there are 60 to 90 images.

    Parameters
    ----------
    answers
        An image that is there several times counts once in all.
    aim
        The rate, 0..1.

    Examples
    --------
    >>> answers = Answers(range(40), np.arange(40) / 40, (np.arange(40) >= 20).astype(float))
    >>> threshold_for(answers, 0.95)
    0.4875
    >>> threshold_for(answers, 0.99)
    """
    if not len(answers.right):
        return None
    place, often = _numbered(answers.images)
    weights = 1 / often[place]
    order = np.argsort(-answers.confidence, kind="stable")
    confidence = np.asarray(answers.confidence, np.float64)[order]
    answered = np.cumsum(weights[order])
    wrong = np.cumsum((weights * (1 - answers.right))[order])
    # Answers of one confidence count together: no threshold parts them.
    last = np.append(confidence[1:] < confidence[:-1], True)
    allowed = (wrong + 1) / (answered + 1) <= 1 - aim + _ROUNDING
    reached = np.flatnonzero(last & allowed)
    if not len(reached):
        return None
    lowest = int(reached[-1])
    if lowest == len(confidence) - 1:  # all are answered; what is less sure than any was is not
        return float(confidence[lowest])
    return float(confidence[lowest] + confidence[lowest + 1]) / 2


def _aim(answers: Answers) -> float:
    everything = answers._replace(confidence=np.ones(len(answers.right)))
    if threshold_for(everything, AIM) is None:
        return AIM
    return next((aim for aim in HIGHER_AIMS if threshold_for(answers, aim) is not None), AIM)


def _sure(held: Answers, others: Answers, aim: float) -> NDArray[np.float64]:
    threshold = threshold_for(others, aim)
    if threshold is None:  # those were too few to show anything: no answer would count
        return np.zeros(len(held.right))
    return np.asarray(held.confidence >= threshold, np.float64)


def _left_out(instances: Sequence[Answers]) -> Iterator[tuple[Answers, Answers]]:
    """Yield parts of the answers, each with those from which its threshold may be chosen."""
    together = _joined(instances)
    count = len(set(together.images))
    splits = []
    for index, held in enumerate(instances):
        own = set(held.images)
        others = _joined([one for at, one in enumerate(instances) if at != index])
        kept = np.array([image not in own for image in others.images], bool)
        splits.append((held, _picked(others, kept)))
    if all(2 * len(set(others.images)) >= count for _, others in splits):
        yield from splits
        return
    place, often = _numbered(together.images)
    dealt = np.random.default_rng(0).permutation(len(often)) % PARTS
    for part in range(min(PARTS, len(often))):
        inside = dealt[place] == part
        yield _picked(together, inside), _picked(together, ~inside)


def _worth(
    answers: Answers, sure: NDArray[np.float64], aim: float, threshold: float | None
) -> NotSure:
    """Return what answers are worth of which some count."""
    place, often = _numbered(answers.images)
    answered = np.bincount(place, sure) / often
    right = np.bincount(place, sure * answers.right) / often
    images = len(often)
    rng, accuracies, coverages = np.random.default_rng(0), [], []
    for _ in range(0, DRAWS, _BATCH):
        drawn = times_drawn(rng, images, _BATCH)
        total = answered @ drawn
        coverages.append(total / images)
        accuracies.append((right @ drawn)[total > 0] / total[total > 0])
    accuracy = float(right.sum() / answered.sum())
    return NotSure(
        aim=aim,
        threshold=threshold,
        accuracy=accuracy,
        accuracy_interval=_interval(np.concatenate(accuracies), accuracy, answered.sum()),
        coverage=float(answered.mean()),
        coverage_interval=_interval(np.concatenate(coverages), float(answered.mean()), images)
        if threshold is not None
        else (1.0, 1.0),
        images=images,
    )


def _interval(drawn: NDArray[np.float64], fraction: float, images: float) -> Interval:
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    count = max(1, round(images))
    exact = scipy.stats.binomtest(round(fraction * count), count).proportion_ci(1 - ALPHA)
    return min(float(low), float(exact.low)), max(float(high), float(exact.high))


def _numbered(images: Sequence[Hashable]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each answer's image, and how many answers each image has."""
    number: dict[Hashable, int] = {}
    place = np.array([number.setdefault(image, len(number)) for image in images], np.int64)
    return place, np.bincount(place, minlength=len(number))


def _joined(several: Sequence[Answers]) -> Answers:
    return Answers(
        [image for one in several for image in one.images],
        np.concatenate([np.zeros(0), *(one.confidence for one in several)]),
        np.concatenate([np.zeros(0), *(one.right for one in several)]),
    )


def _picked(answers: Answers, kept: NDArray[np.bool_]) -> Answers:
    images = [image for image, keep in zip(answers.images, kept, strict=True) if keep]
    return Answers(images, answers.confidence[kept], answers.right[kept])
