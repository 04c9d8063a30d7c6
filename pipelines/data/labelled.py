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
    """Return groups that hold together what either of two numberings does, [N].

    They are numbered from 0 in the order in which they are met: what the numbers were, such as
    those of sorted hashes, which differ from size to size, changes nothing.

    Examples
    --------
    >>> same_group(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])).tolist()
    [0, 0, 0, 1]
    >>> same_group(np.array([7, 3, 7, 5]), None).tolist()
    [0, 1, 0, 2]
    """
    if others is None:
        return in_order_met(groups)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, first = np.unique(groups, return_inverse=True)
    _, second = np.unique(others, return_inverse=True)
    nodes = int(first.max(initial=-1)) + 1
    edges = coo_array(
        (np.ones(len(first)), (first, nodes + second)), shape=(2 * len(first) + 2,) * 2
    )
    return in_order_met(connected_components(edges, directed=False)[1][first])


def in_order_met(groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the same groups numbered by their first member, ``[N]``."""
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group].astype(np.int64)
