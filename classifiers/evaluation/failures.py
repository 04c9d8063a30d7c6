"""The mistakes of a classifier, the most confident first."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Failure:
    """A misclassified image.

    Attributes
    ----------
    index
        Which image.
    label, predicted
        True and predicted class.
    confidence
        Probability that the model gave the predicted class.
    """

    index: int
    label: int
    predicted: int
    confidence: float


def failures(
    probabilities: NDArray[Any], labels: NDArray[Any], count: int | None = None
) -> list[Failure]:
    """Return the mistakes in which the model was most confident, the worst first.

    Parameters
    ----------
    probabilities
        Of each class for each image, [N, K].
    labels
        True classes, int [N].
    count
        At most so many; None for all.
    """
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    return [Failure(int(i), int(labels[i]), int(predicted[i]), float(confidence[i])) for i in worst]
