"""What an arm got wrong: the most confident mistakes over all instances, each image once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.results import ComparisonResult, TrainRun
from pipelines.report.classes import arm_runs
from pipelines.tasks.predictions import read_predictions

SHOWN = 8
"""Mistakes that are shown with their pictures."""
SURE = 0.9
"""Mean probability of a wrong answer from which on a label is doubted: a classifier that is never
sure has no say in that."""
TRUSTED = 0.85
"""Of the answers that are so sure, how many must agree with their labels for the others to cast
doubt: one that is often sure and wrong says more of itself than of the labels. A tenth of wrong
labels leaves a perfect classifier at 0.9."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What one training said of one test image.

    Attributes
    ----------
    run
        The training.
    index
        Which of its test images.
    names
        Its classes.
    true
        Which of them the image is labelled as.
    probabilities
        Of each, ``[K]``.
    """

    run: TrainRun
    index: int
    names: Sequence[str]
    true: int
    probabilities: NDArray[np.float32]

    @property
    def label(self) -> str:
        """The true class, as far as the label is right."""
        return self.names[self.true]

    @property
    def position(self) -> int:
        """Which class is the most probable."""
        return int(self.probabilities.argmax())

    @property
    def said(self) -> str:
        """The most probable class."""
        return self.names[self.position]

    @property
    def wrong(self) -> bool:
        """Whether that is not the label."""
        return self.position != self.true

    @property
    def confidence(self) -> float:
        """The highest probability, 0..1."""
        return float(self.probabilities.max())

    def probability(self, name: str) -> float:
        """Return the probability of a class, 0 if it was none to choose from."""
        return float(self.probabilities[self.names.index(name)]) if name in self.names else 0.0


@dataclass(frozen=True)
class Mistake:
    """A test image that was classified wrongly.

    Attributes
    ----------
    image
        What the image is known by, as `Images.image_hashes` gives it.
    worst
        The most confident of the wrong answers.
    wrong, tested
        How many of the trainings that were tested on it were wrong.
    doubted
        Whether the answers speak against its label, and not only against the classifier.
    """

    image: str
    worst: Answer
    wrong: int
    tested: int
    doubted: bool


@dataclass(frozen=True)
class Mistakes:
    """The mistakes of an arm.

    Attributes
    ----------
    all
        Every image that was classified wrongly at least once, the most confident mistake first.
    images
        Different test images.
    """

    all: list[Mistake]
    images: int

    @property
    def shown(self) -> list[Mistake]:
        """Those that are shown with their pictures."""
        return self.all[:SHOWN]

    @property
    def doubted(self) -> int:
        """How many images may bear a wrong label."""
        return sum(one.doubted for one in self.all)


def find_mistakes(comparison: ComparisonResult, arm: str, outputs: Path) -> Mistakes | None:
    """Find what an arm got wrong in any of its trainings.

    A label is doubted where every training that was tested on the image was wrong, and of the same
    class at least as sure, on average, as it is of the images that bear that label, and sure at
    all: a confident off-diagonal of Northcutt, Jiang and Chuang, "Confident learning", JAIR 70,
    2021. None is where sure answers of the arm are often wrong.

    Parameters
    ----------
    comparison
        A finished comparison.
    arm
        One of its arms.
    outputs
        The folder that the runs' folders are relative to.

    Returns
    -------
    Mistakes or None
        None where no training has kept its answers.
    """
    answers: dict[tuple[str, str], list[Answer]] = {}
    for run in arm_runs(comparison, arm):
        known = read_predictions(outputs / run.folder)
        if known is None:
            continue
        names = [one.name for one in run.result.scores.per_class]
        rows = zip(known.images, known.labels, known.probabilities, strict=True)
        for index, (image, label, row) in enumerate(rows):
            one = Answer(run, index, names, int(label), row)
            answers.setdefault((image, one.label), []).append(one)
    if not answers:
        return None
    by_image = list(answers.values())
    usual = _usual_confidence(by_image) if _trusted(by_image) else None
    found = [
        _mistake(image, own, usual)
        for (image, _), own in answers.items()
        if any(one.wrong for one in own)
    ]
    order = sorted(found, key=lambda one: (-one.worst.confidence, one.image))
    return Mistakes(order, len(answers))


def _mistake(image: str, answers: Sequence[Answer], usual: Mapping[str, float] | None) -> Mistake:
    wrong = [one for one in answers if one.wrong]
    worst = max(wrong, key=lambda one: one.confidence)
    doubted = False
    if usual is not None and len(wrong) == len(answers):
        mean = float(np.mean([one.probability(worst.said) for one in answers]))
        doubted = mean >= max(SURE, usual.get(worst.said, 1.0))
    return Mistake(image, worst, len(wrong), len(answers), doubted)


def _trusted(images: Sequence[Sequence[Answer]]) -> bool:
    """Tell whether the sure answers mostly agree with the labels."""
    sure = [not one.wrong for answers in images for one in answers if one.confidence >= SURE]
    return bool(sure) and float(np.mean(sure)) >= TRUSTED


def _usual_confidence(images: Sequence[Sequence[Answer]]) -> dict[str, float]:
    """Return the mean probability of each class over the images that bear its label."""
    own: dict[str, list[float]] = {}
    for answers in images:
        label = answers[0].label
        own.setdefault(label, []).append(
            float(np.mean([one.probabilities[one.true] for one in answers]))
        )
    return {label: float(np.mean(values)) for label, values in own.items()}
