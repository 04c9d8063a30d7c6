"""Splits of training images into those that train and those that watch."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import InputError

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Positions of the training images, and of the validation images."""


def stratified_folds(labels: ArrayLike, folds: int, seed: int, *, repeats: int = 1) -> list[Fold]:
    """Split images into folds that hold each class in the same fraction.

    Parameters
    ----------
    labels
        Integers ``[N]``.
    folds
        At least 2; each image is in the validation part of one of them.
    seed
        At least 0; the same arguments give the same folds.
    repeats
        How often all images are shuffled and split anew.

    Returns
    -------
    list of Fold
        ``folds * repeats`` pairs (training positions, validation positions).

    Raises
    ------
    InputError
        If a class has fewer images than there are folds.
    """
    from sklearn.model_selection import RepeatedStratifiedKFold

    array = np.asarray(labels)
    found, counts = np.unique(array, return_counts=True)
    if folds < 2 or repeats < 1:
        raise InputError(f"{folds} folds, repeated {repeats} times; give at least 2, and 1")
    if counts.min(initial=len(array)) < folds:
        label, count = found[counts.argmin()], counts.min()
        raise InputError(
            f"class {label} has {count} images, too few for {folds} folds; "
            f"give at most {count} folds or more images"
        )
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    return list(splitter.split(array, array))


def stratified_split(labels: ArrayLike, fraction: float, seed: int) -> Fold:
    """Leave a fraction of the images out, the same of every class, at least one of each.

    Parameters
    ----------
    labels, seed
        As for `stratified_folds`.
    fraction
        Above 0 and below 1.

    Raises
    ------
    InputError
        If no image of a class would be left to train on.
    """
    rng = np.random.default_rng(seed)
    array = np.asarray(labels)
    left_out = []
    for label in np.unique(array):
        own = rng.permutation(np.flatnonzero(array == label))
        count = max(1, round(fraction * len(own)))
        if count >= len(own):
            raise InputError(f"class {label} has {len(own)} image: none can be left out")
        left_out.append(own[:count])
    outside = np.sort(np.concatenate(left_out))
    return np.setdiff1d(np.arange(len(array)), outside), outside
