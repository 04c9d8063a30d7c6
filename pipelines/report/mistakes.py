"""What an arm got wrong: the most confident mistakes over all instances, each image once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.comparison.results import ComparisonResult, TrainRun
from pipelines.report.classes import arm_runs
from pipelines.tasks.predictions import read_predictions

SHOWN = 8
"""Mistakes that are shown with their pictures."""
SURE = 0.9
"""Mean probability of a wrong answer from which on a label is doubted: a classifier that is never
sure has no say in that."""


@dataclass(frozen=True)
class Answer:
    """What one training said of one test image.

    Attributes
    ----------
    run
        The training.
    index
        Which of its test images.
    label
        The true class.
    probabilities
        Of each class by name.
    """

    run: TrainRun
    index: int
    label: str
    probabilities: Mapping[str, float]

    @property
    def said(self) -> str:
        """The most probable class."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def confidence(self) -> float:
        """Its probability, 0..1."""
        return max(self.probabilities.values())


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
    2021.

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
            said = dict(zip(names, row.tolist(), strict=True))
            one = Answer(run, index, names[int(label)], said)
            answers.setdefault((image, one.label), []).append(one)
    if not answers:
        return None
    usual = _usual_confidence(list(answers.values()))
    found = [
        _mistake(image, own, usual)
        for (image, label), own in answers.items()
        if any(one.said != label for one in own)
    ]
    order = sorted(found, key=lambda one: (-one.worst.confidence, one.image))
    return Mistakes(order, len(answers))


def _mistake(image: str, answers: Sequence[Answer], usual: Mapping[str, float]) -> Mistake:
    wrong = [one for one in answers if one.said != one.label]
    worst = max(wrong, key=lambda one: one.confidence)
    mean = float(np.mean([one.probabilities.get(worst.said, 0.0) for one in answers]))
    doubted = len(wrong) == len(answers) and mean >= max(SURE, usual.get(worst.said, 1.0))
    return Mistake(image, worst, len(wrong), len(answers), doubted)


def _usual_confidence(images: Sequence[Sequence[Answer]]) -> dict[str, float]:
    """Return the mean probability of each class over the images that bear its label."""
    own: dict[str, list[float]] = {}
    for answers in images:
        label = answers[0].label
        own.setdefault(label, []).append(
            float(np.mean([one.probabilities[label] for one in answers]))
        )
    return {label: float(np.mean(values)) for label, values in own.items()}
