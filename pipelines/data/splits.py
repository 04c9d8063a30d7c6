"""Splits of images into those that train and those that watch, identical ones on one side."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import InputError

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Positions of the training images, and of the validation images."""


def stratified_folds(
    labels: ArrayLike,
    folds: int,
    seed: int,
    *,
    repeats: int = 1,
    groups: ArrayLike | None = None,
) -> list[Fold]:
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
    groups
        Integers ``[N]``: images of one number stay together, as identical ones have to. None: each
        stands for itself.

    Returns
    -------
    list of Fold
        ``folds * repeats`` pairs (training positions, validation positions).

    Raises
    ------
    InputError
        If a class has fewer images, or groups, than there are folds.
    """
    from sklearn.model_selection import RepeatedStratifiedKFold

    array = np.asarray(labels)
    if folds < 2 or repeats < 1:
        raise InputError(f"{folds} folds, repeated {repeats} times; give at least 2, and 1")
    _check_enough(array, groups, folds)
    if groups is None or len(np.unique(groups)) == len(array):
        splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
        return list(splitter.split(array, array))
    found = []
    for repeat in range(repeats):
        found += _grouped_folds(array, np.asarray(groups), folds, [seed, repeat])
    return found


def stratified_split(
    labels: ArrayLike, fraction: float, seed: int, *, groups: ArrayLike | None = None
) -> Fold:
    """Leave a fraction of the images out, the same of every class, at least one of each.

    Parameters
    ----------
    labels, seed, groups
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
    group = np.arange(len(array)) if groups is None else np.asarray(groups)
    alone = len(np.unique(group)) == len(array)
    chosen: list[int] = []
    for label in np.unique(array):
        own = rng.permutation(np.flatnonzero(array == label))
        count = max(1, round(fraction * len(own)))
        if count >= len(own):
            raise InputError(f"class {label} has {len(own)} image: none can be left out")
        if alone:
            left_out = own[:count]
        else:  # whole groups in their shuffled order, as long as images are wanted
            order = list(dict.fromkeys(group[own].tolist()))
            sizes = np.cumsum([np.count_nonzero(group[own] == one) for one in order])
            kept = order[: int(np.searchsorted(sizes, count)) + 1]
            left_out = own[np.isin(group[own], kept)]
        if len(left_out) == len(own):
            raise InputError(f"class {label} has copies of one image: none can be left out")
        chosen += left_out.tolist()
    # A picture under two labels takes its other copies along.
    outside = np.flatnonzero(np.isin(group, group[chosen]))
    return np.setdiff1d(np.arange(len(array)), outside), outside


def _check_enough(labels: NDArray[np.int64], groups: ArrayLike | None, folds: int) -> None:
    """Raise InputError unless every class can be in every fold."""
    kinds = np.arange(len(labels)) if groups is None else np.asarray(groups)
    for label in np.unique(labels):
        count = len(np.unique(kinds[labels == label]))
        if count < folds:
            raise InputError(
                f"class {label} has {count} images that differ, too few for {folds} folds; "
                f"give at most {count} folds or more images"
            )


def _grouped_folds(
    labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, seed: list[int]
) -> list[Fold]:
    """Deal the groups of each class out to the folds, the largest first, then the rest in turn.

    scikit-learn's StratifiedGroupKFold may leave a fold without a class where groups are many and
    classes small; this does not: each class goes round all folds before any gets a second group.
    """
    rng = np.random.default_rng(seed)
    kinds = np.unique(labels)
    names, group_of = np.unique(groups, return_inverse=True)
    held = np.zeros((len(names), len(kinds)), int)  # images of each class in each group
    np.add.at(held, (group_of, np.searchsorted(kinds, labels)), 1)
    fold_of = np.full(len(names), -1)
    for kind in range(len(kinds)):
        counts = np.array([held[fold_of == fold, kind].sum() for fold in range(folds)])
        own = rng.permutation(np.flatnonzero((held[:, kind] > 0) & (fold_of < 0)))
        for group in own[np.argsort(-held[own, kind], kind="stable")]:
            fold_of[group] = rng.choice(np.flatnonzero(counts == counts.min()))
            counts[fold_of[group]] += held[group, kind]
    fold = fold_of[group_of]
    return [
        (np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(folds)
    ]
