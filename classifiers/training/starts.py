"""Trainings that do not start: how that is told, and in which order it is tried again.

Networks without normalisation now and then stay where they began on a few dozen images: units die
in the first steps, and from then on every image has the same answer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.errors import DivergedError
from classifiers.models.registry import model_info
from groundwork.settings import Result

AT_CHANCE = 0.9
"""Of the loss of always answering the classes' frequencies: a network that learns gets below."""
ONE_ANSWER = 0.9
"""Fraction of the answers that are one class where nothing was learned."""
GAIN = 0.5
"""Of the way from the largest class' fraction to 1: a training accuracy beyond it was learned,
whatever the finished classifier answers."""
LAST = 10
"""Epochs at the end whose mean training accuracy counts: one epoch of few images is a lottery."""
LEAST_STEPS = 30
"""Optimiser steps of a training that may be called stuck. Shorter ones, of a trial run or of the
first round of a search, had no time to start: more attempts would be as short."""
OTHER_RATE = 0.1
"""Of the learning rate, in the attempt with a lower one."""
OTHER_SEED = 500_000
"""Between the seeds of two attempts: far from those of members, seeds and instances."""

T = TypeVar("T")


class Start(Result):
    """Whether trainings of a network, or of the members of an ensemble, started, and how."""

    classifiers: int = 1
    """Networks that were to be trained."""
    failed: int = 0
    """Of them, those that never learned."""
    attempts: int = 1
    """Trainings of the one that took most."""
    helped: dict[str, int] = {}
    """Of those that started in a later attempt: how many by what, in words."""

    @property
    def learned(self) -> bool:
        """Whether any network learned: in a vote, those that did not have no say."""
        return self.failed < self.classifiers

    @property
    def words(self) -> str:
        """One note, in words; empty where every network started at once.

        Examples
        --------
        >>> Start(attempts=2, helped={"standardised inputs": 1}).words
        'did not start at first; started with standardised inputs'
        >>> Start(failed=1, attempts=4).words
        'never learned, in 4 attempts'
        """
        several = self.classifiers > 1
        notes = [
            (f"{count} of {self.classifiers} classifiers " if several else "")
            + f"did not start at first; started with {what}"
            for what, count in self.helped.items()
        ]
        if self.failed:
            who = f"{self.failed} of {self.classifiers} classifiers " if several else ""
            count = f"{self.attempts} attempt{'s' * (self.attempts > 1)}"
            notes.append(f"{who}never learned, in {count}")
        return "; ".join(notes)


AT_ONCE = Start()
"""One network that started in the first attempt."""


def together(starts: Sequence[Start]) -> Start:
    """Return what is to be said of several trainings at once."""
    helped: dict[str, int] = {}
    for one in starts:
        for what, count in one.helped.items():
            helped[what] = helped.get(what, 0) + count
    return Start(
        classifiers=sum(one.classifiers for one in starts),
        failed=sum(one.failed for one in starts),
        attempts=max(one.attempts for one in starts),
        helped=helped,
    )


def at_chance(loss: float, confusion: NDArray[np.integer[Any]]) -> bool:
    """Whether a classifier knows no more than the classes' frequencies, and answers one class.

    Parameters
    ----------
    loss
        Cross entropy of its answers, in nats: at least the frequencies' entropy where every image
        has one answer, whatever loss was minimised.
    confusion
        Images by true class (row) and answer (column), [K, K].
    """
    frequency = confusion.sum(axis=1) / confusion.sum()
    frequency = frequency[frequency > 0]
    entropy = -float((frequency * np.log(frequency)).sum())
    one = confusion.sum(axis=0).max() / confusion.sum()
    return bool(loss >= AT_CHANCE * entropy and one >= ONE_ANSWER)


def never_learned(
    history: Mapping[str, Sequence[float]],
    answers: Callable[[], NDArray[np.floating[Any]]],
    labels: NDArray[np.integer[Any]],
    *,
    joined: bool = False,
) -> bool:
    """Whether a training ended where it began: by its curve, and by the finished classifier.

    Both have to say so. The curve alone would take MixUp, soft labels and generated images, under
    which accuracy stays low, for chance; the classifier alone would take BatchNorm statistics that
    have not settled, or averaged weights that lag behind, for a training that never started.

    Parameters
    ----------
    history
        Curves of the training; without `accuracy` (a probe has none) nothing can be said.
    answers
        Gives the probabilities that the finished classifier assigns to the real training images,
        as they are, [N, K]; asked only where the curve is at chance, for it may take long.
    labels
        Their classes, int [N].
    joined
        Whether other images, generated ones say, are in the curve: it then says nothing of the real
        ones, for noise can be learned by heart, and the classifier alone decides.
    """
    curve = history.get("accuracy")
    if not curve or not len(labels):
        return False
    largest = np.bincount(labels).max() / len(labels)
    if not joined and np.mean(curve[-LAST:]) > largest + GAIN * (1 - largest):
        return False
    found = answers()
    loss = -np.log(np.maximum(found[np.arange(len(labels)), labels], 1e-7)).mean()
    confusion = np.zeros((found.shape[1], found.shape[1]), int)
    np.add.at(confusion, (labels, found.argmax(axis=1)), 1)
    return at_chance(float(loss), confusion)


@dataclass(frozen=True)
class Attempt:
    """One way to train a network.

    Attributes
    ----------
    config
        Every setting.
    standardise
        Whether the network is given a first layer that standardises images.
    changed
        What differs from what was asked for, in words.
    """

    config: TrainConfig
    standardise: bool = False
    changed: str = ""


def attempts(config: TrainConfig, *, fresh: bool = True) -> Iterator[Attempt]:
    """Yield what is tried, in order: what was asked for, then up to ``config.retries`` others.

    Each keeps what the one before it changed: standardised inputs; a tenth of the learning rate;
    other seeds, one after the other.

    Parameters
    ----------
    config
        What was asked for.
    fresh
        Whether the network starts from random weights and sees images: one that is trained already
        has a normalisation of its own, and features are no images.
    """
    yield Attempt(config)
    others = [*_others(config, fresh)][: config.retries]
    yield from others
    for number in range(1, config.retries - len(others) + 1):
        last = others[-1]
        other = last.config.model_copy(update={"seed": config.seed + OTHER_SEED * number})
        yield Attempt(other, last.standardise, f"{last.changed} and another seed")


def _others(config: TrainConfig, fresh: bool) -> Iterator[Attempt]:
    """Yield the attempts of the same seed."""
    standardise = fresh and takes_standardised(config)
    if standardise:
        yield Attempt(config, True, "standardised inputs")
    rates = {"learning_rate": OTHER_RATE * config.learning_rate}
    if config.frozen_learning_rate is not None:
        rates["frozen_learning_rate"] = OTHER_RATE * config.frozen_learning_rate
    lower = "a tenth of the learning rate"
    yield Attempt(
        config.model_copy(update=rates),
        standardise,
        f"standardised inputs and {lower}" if standardise else lower,
    )


def takes_standardised(config: TrainConfig) -> bool:
    """Whether a model may be given images of another mean and deviation than 0..1 has.

    A backbone brings the preprocessing that it was, or would be, trained with.
    """
    return "weights" not in model_info(config.model).parameters


def until_it_starts(
    train: Callable[[Attempt], T],
    failed: Callable[[T], bool],
    steps: Callable[[T], int],
    ways: Iterable[Attempt],
) -> tuple[T, Start]:
    """Train in one way after the other until one learns.

    Parameters
    ----------
    train
        Trains in one way.
    failed
        Whether such a training never learned.
    steps
        Optimiser steps of a training: of fewer than `LEAST_STEPS` there is one attempt.
    ways
        In order; the first is what was asked for.

    Returns
    -------
    result
        Of the first training that learned; of the first one, as it was asked for, if none did.
    start
        What happened.

    Raises
    ------
    InputError
        As ``train`` does in the first way; later ones that diverge did not learn either.
    """
    first: T | None = None
    count = 0
    for count, way in enumerate(ways, start=1):
        try:
            trained = train(way)
        except DivergedError:
            if first is None:
                raise
            continue
        if not failed(trained):
            return trained, Start(
                attempts=count, helped={way.changed: 1} if first is not None else {}
            )
        first = trained if first is None else first
        if steps(first) < LEAST_STEPS:
            break
    if first is None:
        raise ValueError("ways is empty: name at least one way to train")
    return first, Start(failed=1, attempts=count)
