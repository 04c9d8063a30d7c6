"""What labelled pictures have in common, whether they are in memory or still to be read."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Labelled(ABC):
    """Pictures with a label each, ``labels`` [N], which are positions in ``class_names``."""

    labels: NDArray[np.int64]
    class_names: tuple[str, ...]

    @abstractmethod
    def select(self, indices: ArrayLike) -> Self:
        """Return the pictures at ``indices``, in that order; a boolean mask does as well."""

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self) -> NDArray[np.int64]:
        """Return the number of pictures of each class, ``[K]``."""
        return np.bincount(self.labels, minlength=len(self.class_names))

    def in_turn(self) -> Self:
        """Return the pictures one of each class in turn: any part then holds every class."""
        rank = np.empty(len(self), np.int64)
        for label in range(len(self.class_names)):
            own = self.labels == label
            rank[own] = np.arange(np.count_nonzero(own))
        return self.select(np.lexsort((self.labels, rank)))

    def first_of_each(self, count: int) -> Self:
        """Return the first ``count`` of each class, class by class, as far as there are any."""
        labels = range(len(self.class_names))
        return self.select(
            np.concatenate([np.flatnonzero(self.labels == label)[:count] for label in labels])
        )


def chosen(indices: ArrayLike) -> NDArray[np.intp] | NDArray[np.bool_]:
    """Return what NumPy indexes with; it takes an empty list for floats."""
    array = np.asarray(indices)
    return array if array.size else array.astype(np.intp)


def same_group(groups: NDArray[np.int64], others: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return groups that hold together what either of two numberings does, numbered from 0, [N].

    Examples
    --------
    >>> same_group(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist()
    [0, 0, 0, 1]
    """
    if others is None:
        return np.unique(groups, return_inverse=True)[1].astype(np.int64)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, first = np.unique(groups, return_inverse=True)
    _, second = np.unique(others, return_inverse=True)
    nodes = int(first.max(initial=-1)) + 1
    edges = coo_array(
        (np.ones(len(first)), (first, nodes + second)), shape=(2 * len(first) + 2,) * 2
    )
    number = connected_components(edges, directed=False)[1][first]
    # In the order in which they are met: the numbers say nothing, but are the same everywhere.
    _, place, inverse = np.unique(number, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(place))[inverse].astype(np.int64)
