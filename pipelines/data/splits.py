"""Splits of images into those that train and those that watch, identical ones on one side."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import InputError

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Positions of the training images, and of the validation images."""
TRIES = 50
"""How often folds are dealt anew where groups of several classes leave one without a class."""


def stratified_folds(
    labels: ArrayLike,
    folds: int,
    seed: int,
    *,
    repeats: int = 1,
    groups: ArrayLike | None = None,
    names: Sequence[str] = (),
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
    names
        Of the classes, for messages; by default their numbers.

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
    _check_enough(array, groups, folds, names)
    if groups is None or len(np.unique(groups)) == len(array):
        splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
        return list(splitter.split(array, array))
    found = []
    for repeat in range(repeats):
        found += _grouped_folds(array, np.asarray(groups), folds, [seed, repeat], names)
    return found


def stratified_split(
    labels: ArrayLike,
    fraction: float,
    seed: int,
    *,
    groups: ArrayLike | None = None,
    names: Sequence[str] = (),
) -> Fold:
    """Leave a fraction of the images out, the same of every class, at least one of each.

    Parameters
    ----------
    labels, seed, groups, names
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
    for label in _fewest_first(array, group):
        own = rng.permutation(np.flatnonzero(array == label))
        count = max(1, round(fraction * len(own)))
        if count >= len(own):
            raise InputError(f"{_called(label, names)} has {len(own)} image: none can be left out")
        if alone:
            left_out = own[:count]
        else:
            out = np.isin(group[own], group[chosen])  # with groups of the classes before
            more = _some_groups(group[own[~out]], count, int(np.count_nonzero(out)))
            left_out = own[out | np.isin(group[own], more)]
        chosen += left_out.tolist()
    # A group with images of several classes takes all of them along.
    outside = np.flatnonzero(np.isin(group, group[chosen]))
    inside = np.setdiff1d(np.arange(len(array)), outside)
    gone = np.setdiff1d(array, array[inside])
    if len(gone):
        raise InputError(
            f"{_called(gone[0], names)} has copies of one image, or one group of images, only: "
            "none can be left out"
        )
    return inside, outside


def _some_groups(groups: NDArray[np.int64], count: int, taken: int) -> list[int]:
    """Return groups, in their order, that bring the images taken to about ``count``, at least one.

    One that holds more than is still wanted is passed over, or a burst could leave hardly anything
    to train on; at the end the smallest of those comes in, if that is nearer to what is wanted.
    """
    found: list[int] = []
    rest: dict[int, int] = {}
    missing = count - taken
    for one, size in Counter(groups.tolist()).items():
        if size <= missing:
            found.append(one)
            missing -= size
        else:
            rest[one] = size
    if missing > 0 and rest:
        smallest = min(rest, key=rest.__getitem__)
        if not (taken or found) or rest[smallest] < 2 * missing:
            found.append(smallest)
    return found


def _called(label: Any, names: Sequence[str]) -> str:
    """Return what a class is called in a message."""
    return f"class {names[label]!r}" if names else f"class {label}"


def _check_enough(
    labels: NDArray[np.int64], groups: ArrayLike | None, folds: int, names: Sequence[str]
) -> None:
    """Raise InputError unless every class can be in every fold."""
    kinds = np.arange(len(labels)) if groups is None else np.asarray(groups)
    for label in np.unique(labels):
        count = len(np.unique(kinds[labels == label]))
        if count < folds:
            raise InputError(
                f"{_called(label, names)} has {count} images that differ, too few for {folds} "
                f"folds; give at most {count} folds or more images"
            )


def _fewest_first(labels: NDArray[np.int64], groups: NDArray[np.int64]) -> list[int]:
    """Return the labels in order, or, where groups hold several classes, by number of groups.

    A class of few groups can then still choose, before its groups go where others want them.
    """
    pairs = np.unique(np.stack([groups, labels]), axis=1)
    kinds, counts = np.unique(pairs[1], return_counts=True)
    shared = pairs.shape[1] > len(np.unique(groups))
    order = np.argsort(counts, kind="stable") if shared else np.arange(len(kinds))
    return [int(label) for label in kinds[order]]


def _grouped_folds(
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    folds: int,
    seed: list[int],
    names: Sequence[str],
) -> list[Fold]:
    """Deal the groups of each class out to the folds, the largest first, then the rest in turn.

    scikit-learn's StratifiedGroupKFold may leave a fold without a class where groups are many and
    classes small; this does not: each class goes round all folds before any gets a second group.
    Where groups hold several classes, that may still fail, and is tried again.
    """
    rng = np.random.default_rng(seed)
    for _ in range(TRIES):
        fold = _dealt(labels, groups, folds, rng)
        missing = next(
            (label for label in np.unique(labels) if len(np.unique(fold[labels == label])) < folds),
            None,
        )
        if missing is None:
            return [
                (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
                for number in range(folds)
            ]
    raise InputError(
        f"{_called(missing, names)} cannot be in each of {folds} folds: its groups hold images of "
        "other classes as well; give fewer folds, or group images otherwise"
    )


def _dealt(
    labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the fold of each image, with no group in two of them."""
    order = _fewest_first(labels, groups)
    names, group_of = np.unique(groups, return_inverse=True)
    held = np.zeros((len(names), len(order)), int)  # images of each class in each group
    np.add.at(held, (group_of, np.argsort(order)[np.searchsorted(np.sort(order), labels)]), 1)
    fold_of = np.full(len(names), -1)
    for kind in range(len(order)):
        counts = np.array([held[fold_of == fold, kind].sum() for fold in range(folds)])
        own = rng.permutation(np.flatnonzero((held[:, kind] > 0) & (fold_of < 0)))
        for group in own[np.argsort(-held[own, kind], kind="stable")]:
            fold_of[group] = rng.choice(np.flatnonzero(counts == counts.min()))
            counts[fold_of[group]] += held[group, kind]
    return fold_of[group_of]
