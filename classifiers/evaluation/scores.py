"""Scores of a classifier's probabilities on labelled images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.errors import InputError
from groundwork.settings import Result

CALIBRATION_BINS = 15  # as Guo et al. 2017


class ClassScores(Result):
    """Scores of one class, each in 0..1."""

    name: str
    precision: float
    """Right among the images given this class; 0 if there are none."""
    recall: float
    """Right among the images of this class; 0 if there are none."""
    f1: float
    """Harmonic mean of the two."""
    support: int
    """Images of this class."""


class Averages(Result):
    """Mean scores over the classes."""

    precision: float
    recall: float
    f1: float


class Bin(Result):
    """Images whose confidence lies in one part of 0..1; empty parts are left out."""

    confidence: float
    """Mean highest probability."""
    accuracy: float
    images: int


class Evaluation(Result):
    """All scores of one set of predictions; fractions are in 0..1."""

    images: int
    accuracy: float
    top_k: dict[int, float]
    """Fraction of images whose class is among the k most probable; k = 3 and 5, if below K."""
    balanced_accuracy: float
    """Mean recall of the classes that occur."""
    per_class: list[ClassScores]
    macro: Averages
    """Each class weighs the same."""
    weighted: Averages
    """Each class weighs as many images as it has."""
    log_loss: float
    """Mean negative log-likelihood, in nats."""
    calibration_error: float
    """Expected calibration error: mean distance of confidence and accuracy over the bins."""
    calibration: list[Bin]
    confusion: list[list[int]]
    """Images by true class (row) and predicted class (column)."""

    @property
    def support(self) -> dict[str, int]:
        """Images of each class, by its name."""
        return {one.name: one.support for one in self.per_class}


def evaluate(
    probabilities: NDArray[Any], labels: NDArray[Any], class_names: Sequence[str]
) -> Evaluation:
    """Score predictions.

    Parameters
    ----------
    probabilities
        Probability of each class for each image, [N, K], rows adding up to 1.
    labels
        True classes, int [N], in 0..K-1.
    class_names
        Names of the K classes.

    Raises
    ------
    InputError
        If the shapes disagree, labels are out of range or probabilities are none.
    """
    from sklearn import metrics  # a second to import, and results are read without it

    probabilities, labels = checked(probabilities, labels, class_names)
    known = np.arange(len(class_names))
    predicted = probabilities.argmax(axis=1)
    scores = metrics.precision_recall_fscore_support(
        labels, predicted, labels=known, zero_division=0
    )
    support = scores[3]
    confusion = metrics.confusion_matrix(labels, predicted, labels=known)
    calibration = _calibration(probabilities.max(axis=1), predicted == labels)
    return Evaluation(
        images=len(labels),
        accuracy=float(metrics.accuracy_score(labels, predicted)),
        top_k={
            k: float(metrics.top_k_accuracy_score(labels, probabilities, k=k, labels=known))
            for k in (3, 5)
            if k < len(known)
        },
        balanced_accuracy=float(scores[1][support > 0].mean()),
        per_class=[
            ClassScores(name=name, precision=p, recall=r, f1=f, support=n)
            for name, p, r, f, n in zip(class_names, *scores, strict=True)
        ],
        macro=_averages(scores, np.ones(len(known))),
        weighted=_averages(scores, support),
        log_loss=float(metrics.log_loss(labels, probabilities, labels=known)),
        calibration_error=sum(
            abs(part.accuracy - part.confidence) * part.images for part in calibration
        )
        / len(labels),
        calibration=calibration,
        confusion=confusion.tolist(),
    )


def checked(
    probabilities: NDArray[Any], labels: NDArray[Any], class_names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities that add up to 1 in float64, and labels, or say what is wrong."""
    probabilities = np.asarray(probabilities, np.float64)
    labels = np.asarray(labels, np.int64)
    if len(class_names) < 2:
        raise InputError(f"{len(class_names)} class: a classifier tells two or more apart")
    if probabilities.shape != (len(labels), len(class_names)) or not len(labels):
        raise InputError(
            f"probabilities of shape {probabilities.shape} for {len(labels)} labels and "
            f"{len(class_names)} classes: give one row an image and one column a class"
        )
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise InputError(
            f"labels lie in {labels.min()}..{labels.max()}: {len(class_names)} classes are "
            f"0..{len(class_names) - 1}"
        )
    total = probabilities.sum(axis=1, keepdims=True)
    if not (np.all(probabilities >= 0) and np.allclose(total, 1, atol=1e-3)):
        raise InputError("probabilities must be 0 or more and add up to 1: take the softmax")
    return probabilities / total, labels


def _averages(scores: Sequence[NDArray[Any]], weights: NDArray[Any]) -> Averages:
    precision, recall, f1 = (float(np.average(column, weights=weights)) for column in scores[:3])
    return Averages(precision=precision, recall=recall, f1=f1)


def _calibration(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[Bin]:
    """Sort images by confidence into equal parts of 0..1 (Guo et al. 2017, section 2)."""
    which = np.clip(np.ceil(confidence * CALIBRATION_BINS), 1, CALIBRATION_BINS)
    return [
        Bin(
            confidence=float(confidence[which == part].mean()),
            accuracy=float(right[which == part].mean()),
            images=int((which == part).sum()),
        )
        for part in np.unique(which)
    ]
