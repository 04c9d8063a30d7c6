"""How many images the instances of a comparison share, and what that does to their differences."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from groundwork.settings import Result

TOLERATED = 0.2
"""Instances count as disjoint while n rho / (1 - rho), by which the variance of a mean of n
independent differences would have to grow, is at most this.

Draws from thousands of images share a few by chance: those of 50 among 5,000 share 1 %. A plain t
test then claims a difference between equal arms in at most 7.3 % of cases (20,000 simulated
comparisons each of 3 to 50 instances, differences of exactly the correlation rho). That rho is a
bound: in simulated trainings, ridge regressions and nearest means on digits and on CIFAR-10, the
correlation was below half of it wherever few images were shared, and so the plain test claims
falsely in about 6 % of cases."""

_POOL = 0.1
"""Test images are of one pool with the training images if other instances train on more than this
fraction of what chance would have it; a few duplicates in a split of its own are none."""


class Overlap(Result):
    """What the instances of a comparison have in common; fractions are in 0..1.

    All are means over pairs of instances, and 0 for a single one.
    """

    instances: int
    train_images: float
    """Training images of an instance."""
    test_images: float
    """Test images of an instance."""
    train: float
    """Fraction of an instance's training images that are also among another one's."""
    test: float
    """The same of test images."""
    pooled: float
    """Fraction of all images of an instance, to train and to test on, among all of another one."""
    own_test: bool
    """Whether the test images come from a split of their own, which no instance trains on."""

    @property
    def correlation(self) -> float:
        """The correlation of two paired differences that their shared images can cause, 0..1.

        Where training and test images come from one pool, it is Nadeau and Bengio's (2003)
        n_test / (n_train + n_test) if every instance uses all images of the pool, and in
        proportion less where two instances share but some of theirs.

        Where the test images have a split of their own, statements are about those, and only what
        is trained on matters. The mean of some measure over images of which two instances share a
        fraction f has just the correlation f; what does not add up image by image has a lower one
        (Hoeffding 1948), as has the chance of training itself. So f is a bound: measured, it was
        0.1, 0.3 and 0.6 to 0.7 where f was 0.33, 0.67 and 0.92. It is 1 where every instance has
        the same training images: then the differences hold the chance of training alone.

        0 stands for instances that share so few that it does not matter (`TOLERATED`).
        """
        images = self.train_images + self.test_images
        rho = self.train if self.own_test else self.test_images / images * self.pooled
        return 0.0 if self.instances * rho <= TOLERATED * (1 - rho) else rho


def overlap_of(instances: Sequence[tuple[Sequence[str], Sequence[str]]]) -> Overlap:
    """Compare instances by the hashes of their images.

    Parameters
    ----------
    instances
        Of each the hashes of its training images and of its test images.

    Examples
    --------
    >>> one = overlap_of([(["a", "b"], ["c"]), (["b", "c"], ["a"])])
    >>> one.train, one.test, one.pooled, one.own_test, round(one.correlation, 3)
    (0.5, 0.0, 1.0, False, 0.333)
    """
    train = [frozenset(own) for own, _ in instances]
    test = [frozenset(own) for _, own in instances]
    every = [a | b for a, b in zip(train, test, strict=True)]
    train_images = float(np.mean([len(own) for own, _ in instances]))
    test_images = float(np.mean([len(own) for _, own in instances]))
    pooled, trained_on = _shared(every, every), _shared(test, train)
    by_chance = pooled * train_images / (train_images + test_images)
    return Overlap(
        instances=len(instances),
        train_images=train_images,
        test_images=test_images,
        train=_shared(train, train),
        test=_shared(test, test),
        pooled=pooled,
        own_test=trained_on <= _POOL * by_chance,
    )


def _shared(some: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> float:
    """Return the mean fraction of one instance's set that is in the other set of another one."""
    fractions = [
        len(some[i] & others[j]) / len(some[i])
        for i, j in permutations(range(len(some)), 2)
        if some[i]
    ]
    return float(np.mean(fractions)) if fractions else 0.0
