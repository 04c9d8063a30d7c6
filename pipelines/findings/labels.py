"""Labels in doubt, and classes alike: what a probe says of pictures it was not fitted to."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipelines.data.splits import stratified_folds
from pipelines.findings.gallery import Gallery
from pipelines.findings.records import Finding

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]

DOUBT, PENALTY = 0.65, 0.5
"""A label is in doubt where its probability is below this part of chance, 1 / classes; and the
probe's penalty for each feature. Chosen on the training split of the CIFAR-10 part: `make
bench-findings`."""
FOLDS = 5
LEAST = 3
"""Different pictures that a class needs for its labels to be checked."""
MOST_FITTED = 4000
"""Pictures that a probe is fitted to; of more, so many at random, or it would take minutes."""
LEAST_TOLD = 20
"""Different pictures of two classes from which on it is said that they cannot be told apart."""
_ONE_SIDED = 1.645
"""Standard errors above chance from which on classes can be told apart, at 5 %."""


def out_of_fold(features: Floats, labels: Integers, groups: Integers, seed: int = 0) -> Floats:
    """Return the probability of each class by a logistic probe that did not see the picture.

    Parameters
    ----------
    features
        ``[N, D]``.
    labels
        0..K-1, ``[N]``; each class with pictures of at least two groups.
    groups
        ``[N]``: pictures of one number are in one fold, or a copy would vouch for its own label.
    seed
        Of the folds.

    Returns
    -------
    numpy.ndarray
        ``[N, K]``.
    """
    from classifiers.frozen.linear import logistic_probe  # only now: it loads Keras

    classes = int(labels.max()) + 1
    smallest = min(len(np.unique(groups[labels == label])) for label in range(classes))
    found = np.zeros((len(labels), classes))
    rng = np.random.default_rng(seed)
    for kept, left_out in stratified_folds(labels, min(FOLDS, smallest), seed, groups=groups):
        if len(kept) > MOST_FITTED:
            kept = _some(rng, labels, kept)
        probe = logistic_probe(
            features[kept], labels[kept], classes, l2=PENALTY * features.shape[1]
        )
        found[left_out] = probe.predict_proba(features[left_out])
    return found


def doubtful(probabilities: Floats, labels: Integers) -> Integers:
    """Return the positions of labels in doubt, the most doubtful first.

    The rule is self-confidence (Northcutt, Jiang and Chuang 2021, section 3) with one bar for all
    classes.

    Examples
    --------
    >>> doubtful(np.array([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4]]), np.array([0, 1, 1])).tolist()
    [1]
    """
    own = probabilities[np.arange(len(labels)), labels]
    doubted = np.flatnonzero(own < DOUBT / probabilities.shape[1])
    return doubted[np.argsort(own[doubted], kind="stable")]


def confused(
    probabilities: Floats, labels: Integers, groups: Integers
) -> list[tuple[int, int, float]]:
    """Return pairs of classes that the probe tells apart no better than chance, and how well.

    How well is the balanced accuracy where only the two can be chosen. Pictures of one group count
    as one: a probe that errs on a scene errs on all its shots.
    """
    found = []
    for one, other in combinations(range(probabilities.shape[1]), 2):
        told = [
            np.mean(probabilities[labels == own, own] > probabilities[labels == own, against])
            for own, against in ((one, other), (other, one))
        ]
        count = len(np.unique(groups[np.isin(labels, (one, other))]))
        accuracy = float(np.mean(told))
        if count >= LEAST_TOLD and accuracy < 0.5 + _ONE_SIDED * 0.5 / count**0.5:
            found.append((one, other, accuracy))
    return sorted(found, key=lambda pair: pair[2])


def label_findings(
    gallery: Gallery, features: Floats, groups: Integers
) -> tuple[list[Finding], list[str]]:
    """Find labels in doubt and classes alike; also say what was not checked."""
    counts = [len(np.unique(groups[gallery.labels == k])) for k in range(len(gallery.class_names))]
    enough = [label for label, count in enumerate(counts) if count >= LEAST]
    unchecked = [name for at, name in enumerate(gallery.class_names) if at not in enough]
    notes = []
    if unchecked and len(enough) > 1:
        notes.append(
            f"labels of {', '.join(unchecked[:5])}"
            + (f" and {len(unchecked) - 5} more classes" if len(unchecked) > 5 else "")
            + f" were not checked: fewer than {LEAST} different pictures"
        )
    if len(enough) < 2:
        few = f"labels were not checked: too few different pictures, {LEAST} of two classes needed"
        return [], [few]
    chosen = np.flatnonzero(np.isin(gallery.labels, enough))
    labels = np.searchsorted(enough, gallery.labels[chosen])
    probabilities = out_of_fold(features[chosen], labels, groups[chosen])
    pairs = confused(probabilities, labels, groups[chosen])
    alike = {(one, other) for pair in pairs for one, other in (pair[:2], pair[1::-1])}
    found = []
    for at in doubtful(probabilities, labels).tolist():
        whole, looks = int(chosen[at]), int(probabilities[at].argmax())
        if (int(labels[at]), looks) in alike:  # between those, it knows nothing
            continue
        found.append(
            Finding(
                file=gallery.names[whole],
                class_name=gallery.class_names[gallery.labels[whole]],
                split=gallery.splits[whole],
                finding="label",
                other_class=gallery.class_names[enough[looks]],
                score=float(probabilities[at, labels[at]]),
            )
        )
    for one, other, accuracy in pairs:
        found.append(
            Finding(
                file="",
                class_name=gallery.class_names[enough[one]],
                split="",
                finding="classes alike",
                other_class=gallery.class_names[enough[other]],
                score=accuracy,
            )
        )
    return found, notes


def _some(rng: np.random.Generator, labels: Integers, kept: Integers) -> Integers:
    """Return `MOST_FITTED` of the pictures at random, and one of each class at least."""
    order = rng.permutation(kept)
    firsts = np.unique(labels[order], return_index=True)[1]
    rest = np.delete(order, firsts)[: MOST_FITTED - len(firsts)]
    return np.concatenate([order[firsts], rest])
