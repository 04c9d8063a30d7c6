"""Linear classifiers on frozen features: logistic regression and closed-form ridge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from classifiers.errors import InputError
from classifiers.frozen.features import FeatureExtractor

Features = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Probe:
    """A fitted linear classifier on features.

    Attributes
    ----------
    weights
        [D, K].
    bias
        [K].
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, features: Features) -> NDArray[np.float64]:
        """Return one score a class, [N, K]."""
        return np.asarray(features @ self.weights + self.bias)

    def predict_proba(self, features: Features) -> NDArray[np.float64]:
        """Return the probability of each class, [N, K]."""
        return np.asarray(softmax(self.logits(features), axis=1))

    def to_model(
        self, extractor: FeatureExtractor, input_shape: tuple[int, int, int]
    ) -> keras.Model:
        """Return the whole classifier: float images of 0..1 in, logits out.

        Parameters
        ----------
        extractor
            What computed the features.
        input_shape
            Height, width and channels of the images.
        """
        model = extractor.model(input_shape, len(self.bias))
        model.get_layer("logits").set_weights([self.weights, self.bias])
        return model


def logistic_probe(
    features: Features,
    labels: Labels,
    classes: int,
    *,
    l2: float | None = 1.0,
    groups: Labels | None = None,
) -> Probe:
    """Fit a multinomial logistic regression to standardised features.

    Parameters
    ----------
    features
        [N, D].
    labels
        Integers 0..classes-1, [N].
    classes
        Number of classes, each with at least one example.
    l2
        Strength of the penalty: scikit-learn's 1 / C; None takes the power of ten from 1 to 10,000
        with the least log loss in a stratified five-fold cross-validation.
    groups
        Integers [N]: images of one number, such as copies, are in one fold of that. None: each
        stands for itself.
    """
    _check(features, labels, classes)
    if l2 is None:
        l2 = _cross_validated(features, labels, groups)
    scale = _Standard(features)
    fitted = LogisticRegression(C=1 / l2, max_iter=1000).fit(scale(features), labels)
    weights, bias = fitted.coef_.T, fitted.intercept_
    if classes == 2:  # scikit-learn gives one score for two classes; softmax wants two
        weights, bias = np.hstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
    return scale.undo(weights, bias)


def _cross_validated(features: Features, labels: Labels, groups: Labels | None) -> float:
    folds = min(5, int(np.bincount(labels).min()))
    if folds < 2:
        raise InputError("one image of a class: too few to choose a penalty; give one")
    if groups is None or len(np.unique(groups)) == len(groups):
        splits = list(StratifiedKFold(folds, shuffle=True, random_state=0).split(features, labels))
    else:
        splits = _grouped(labels, groups, folds)
        if not splits:  # copies of one image only: nothing says which penalty is better
            return 1.0

    def loss(l2: float) -> float:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / l2, max_iter=1000))
        scores = cross_val_score(model, features, labels, cv=splits, scoring="neg_log_loss")
        return -float(scores.mean())

    return float(min(10.0 ** np.arange(5), key=loss))


def _grouped(
    labels: Labels, groups: Labels, folds: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the folds, no group in two, that have every class on both sides; perhaps none."""
    folds = min(folds, *(len(np.unique(groups[labels == label])) for label in np.unique(labels)))
    if folds < 2:
        return []
    dealt = StratifiedGroupKFold(folds, shuffle=True, random_state=0).split(labels, labels, groups)
    classes = len(np.unique(labels))
    return [pair for pair in dealt if all(len(np.unique(labels[part])) == classes for part in pair)]


class RidgeProbes:
    """Ridge regression on one-hot labels for every penalty, from one decomposition.

    Features are standardised and labels are -1 and +1, as in big_vision's few-shot evaluator. The
    leave-one-out scores, closed-form as well, turn scores into probabilities (by one temperature)
    and choose the penalty where none is given.

    Parameters
    ----------
    features
        [N, D].
    labels
        Integers 0..classes-1, [N].
    classes
        Number of classes, each with at least one example.
    groups
        Integers [N]: images of one number, such as copies, are left out at once. None: each stands
        for itself.
    """

    def __init__(
        self, features: Features, labels: Labels, classes: int, groups: Labels | None = None
    ) -> None:
        _check(features, labels, classes)
        self._groups: list[NDArray[np.int64]] = []
        if groups is not None:
            numbers, counts = np.unique(groups, return_counts=True)
            self._groups = [np.flatnonzero(groups == number) for number in numbers[counts > 1]]
        self._labels = labels
        self._scale = _Standard(features)
        self._x = self._scale(features)
        targets = 2.0 * np.eye(classes)[labels] - 1
        self._bias = targets.mean(axis=0)
        self._targets = targets - self._bias
        # The Gram matrix of the images: images are few where a probe is wanted.
        self._values, self._vectors = np.linalg.eigh(self._x @ self._x.T)
        self._rotated = self._vectors.T @ self._targets

    def fit(self, l2: float | None = None) -> Probe:
        """Return the probe for one penalty, in units of the number of images.

        Parameters
        ----------
        l2
            Penalty; None takes the power of four from 1/64 to 1024 with the least leave-one-out
            log loss.
        """
        chosen = min(4.0 ** np.arange(-3, 6), key=self._loss) if l2 is None else l2
        if chosen <= 0:
            raise InputError(f"l2={l2!r}: give a penalty above 0")
        temperature = self._temperature(self.leave_one_out(chosen))
        dual = self._vectors @ (self._rotated / self._shifted(chosen)[:, None])
        return self._scale.undo(temperature * self._x.T @ dual, temperature * self._bias)

    def leave_one_out(self, l2: float) -> NDArray[np.float64]:
        """Return each image's scores under the ridge fitted to all that are not of its group.

        A row an image, [N, K].
        """
        shrink = np.maximum(self._values, 0) / self._shifted(l2)
        fitted = self._vectors @ (shrink[:, None] * self._rotated)
        leverage = (self._vectors**2) @ shrink + 1 / len(self._x)
        residual = (self._targets - fitted) / (1 - leverage)[:, None]
        for own in self._groups:
            hat = (self._vectors[own] * shrink) @ self._vectors[own].T + 1 / len(self._x)
            left = np.eye(len(own)) - hat
            residual[own] = np.linalg.lstsq(left, (self._targets - fitted)[own], rcond=None)[0]
        return np.asarray(self._targets + self._bias - residual)

    def _shifted(self, l2: float) -> NDArray[np.float64]:
        return np.asarray(np.maximum(self._values, 0) + l2 * len(self._x))

    def _log_loss(self, scores: NDArray[np.float64]) -> float:
        log_probabilities = log_softmax(scores, axis=1)
        return float(-log_probabilities[np.arange(len(scores)), self._labels].mean())

    def _temperature(self, scores: NDArray[np.float64]) -> float:
        best = minimize_scalar(lambda log_t: self._log_loss(np.exp(log_t) * scores), bounds=(-3, 5))
        return float(np.exp(best.x))

    def _loss(self, l2: float) -> float:
        scores = self.leave_one_out(l2)
        return self._log_loss(self._temperature(scores) * scores)


class _Standard:
    """Standardisation that can be undone in a linear layer behind it."""

    def __init__(self, features: Features) -> None:
        self._mean = features.mean(axis=0, dtype=np.float64)
        deviation = features.std(axis=0, dtype=np.float64)
        self._scale = np.where(deviation > 0, deviation, 1)

    def __call__(self, features: Features) -> NDArray[np.float64]:
        return np.asarray((features - self._mean) / self._scale)

    def undo(self, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> Probe:
        """Return the probe on raw features that equals this one on standardised features."""
        raw = weights / self._scale[:, None]
        return Probe(raw, bias - self._mean @ raw)


def _check(features: Features, labels: Labels, classes: int) -> None:
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise InputError(
            f"a probe needs features [N, D] and labels [N], got {features.shape} and {labels.shape}"
        )
    found: Sequence[int] = np.unique(labels).tolist()
    if classes < 2 or found != list(range(classes)):
        raise InputError(
            f"a probe of {classes} classes needs examples of each of 0..{classes - 1} and of at "
            f"least two; got labels {found}"
        )
