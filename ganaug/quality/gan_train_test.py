"""GAN-train and GAN-test: what a classifier makes of generated images (Shmelkov et al., 2018)."""

import numpy as np
from numpy.typing import NDArray

from ganaug.quality.comparison import Comparison, Labelled
from ganaug.quality.values import Value, average, fraction

STRENGTHS = np.logspace(0, 5, 11)
"""Ridge penalties to choose from, on standardised features."""


def probe_hits(train: Labelled, test: Labelled) -> NDArray[np.bool_]:
    """Fit a linear probe on one set of features and say where it is right on another.

    Ridge regression on standardised features, its penalty chosen by leave-one-out on the training
    set: closed form, no random draw, and made for fewer images than features.
    """
    from sklearn.linear_model import RidgeClassifierCV  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), RidgeClassifierCV(STRENGTHS))
    probe.fit(train.features, train.labels)
    hits: NDArray[np.bool_] = probe.predict(test.features) == test.labels
    return hits


def gan_train(comparisons: list[Comparison], *, floor: bool) -> list[Value]:
    """Train on generated images, test on real ones: how much of the classes the generator knows.

    Parameters
    ----------
    comparisons
        Of two or more classes.
    floor
        Train on real images, as many, instead.

    Returns
    -------
    list of Value
        Accuracy, 0..1: on the images of each class, then on all.
    """
    return _averaged(
        [
            _by_class(probe_hits(part, comparison.reference), comparison.reference)
            for comparison in comparisons
            for part in comparison.parts(floor=floor)
        ]
    )


def gan_test(comparisons: list[Comparison], *, floor: bool) -> list[Value]:
    """Train on real images, test on generated ones: how often the generator hits its class.

    The real images to train on are the reference: where there are held-out ones, none that the
    generator saw. Parameters and result are those of `gan_train`.
    """
    trials = []
    for comparison in comparisons:
        judged = comparison.whole(floor=floor)
        trials.append(_by_class(probe_hits(comparison.reference, judged), judged))
    return _averaged(trials)


def _by_class(hits: NDArray[np.bool_], tested: Labelled) -> list[Value]:
    return [*(fraction(hits[tested.labels == c]) for c in np.unique(tested.labels)), fraction(hits)]


def _averaged(trials: list[list[Value]]) -> list[Value]:
    return [average(values) for values in zip(*trials, strict=True)]
