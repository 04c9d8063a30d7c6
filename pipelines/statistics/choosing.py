"""Choosing the best of several arms: which are out of the race, and what the choice is worth."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from pipelines.errors import InputError
from pipelines.statistics.paired import ALPHA, holm_adjusted, paired
from pipelines.statistics.verdicts import FEWEST_SHARED, conclusion

Accuracies = Mapping[str, Mapping[int, float]]
"""Of each arm, by instance."""
FEWEST = 3
"""Instances before an arm can be out: two have no spread to speak of."""


def leader(accuracies: Accuracies) -> str:
    """Return the best of the arms that were tried on as many instances as any, or as a claim needs.

    Those are compared on the instances that they share: where the time ends in the midst of one, an
    arm that was still tried on it is not the best for that.

    Raises
    ------
    InputError
        If no arm was tried.

    Examples
    --------
    >>> leader({"a": {0: 0.7, 1: 0.8}, "b": {0: 0.8, 1: 0.9}, "c": {0: 0.99}})
    'b'
    """
    most = max(map(len, accuracies.values()), default=0)
    if not most:
        raise InputError("no arm was trained: there is none to choose")
    needed = min(most, FEWEST_SHARED)
    tried = {arm: own for arm, own in accuracies.items() if len(own) >= needed}
    shared = set.intersection(*(set(own) for own in tried.values()))
    means = {arm: _mean({i: own[i] for i in shared or own}) for arm, own in tried.items()}
    return max(means, key=lambda arm: means[arm])


def clearly_worse(accuracies: Accuracies, correlation: float, looks: int = 1) -> set[str]:
    """Return the arms that the leader is shown to be better than, on the instances both have.

    By the corrected resampled t test where instances share images, and never by a mean alone: what
    is merely behind stays in the race. Holm-adjusted over all pairs of arms, not only those with
    the leader: it leads by chance, too, and was chosen for it.

    Parameters
    ----------
    accuracies
        In 0..1.
    correlation
        As in `pipelines.statistics.paired.paired`.
    looks
        How often this is asked as instances come in: each asks for a p value so many times smaller
        (Bonferroni). Of 3 equal arms, looked at after each of 3 to 10 instances, some arm was out
        in 16 % of 400 made-up contests without that (17 % with a correlation of 0.2), and in 3 %
        with it (2 %).

    Examples
    --------
    >>> sorted(clearly_worse({"a": {0: .5, 1: .52, 2: .51}, "b": {0: .9, 1: .93, 2: .9},
    ...     "c": {0: .91, 1: .9, 2: .92}}, 0.2))
    ['a']
    """
    best = leader(accuracies)
    pairs = {}
    # Those with the leader stand the right way round: other minus leader.
    for before, after in combinations(sorted(accuracies, key=lambda arm: arm != best), 2):
        common = sorted(accuracies[before].keys() & accuracies[after].keys())
        if len(common) >= FEWEST:
            first, second = ([accuracies[arm][i] for i in common] for arm in (before, after))
            pairs[before, after] = paired(first, second, correlation=correlation)
    adjusted = holm_adjusted({" against ".join(pair): one for pair, one in pairs.items()})
    return {
        after
        for (before, after), one in zip(pairs, adjusted.values(), strict=True)
        if before == best
        and conclusion(one).endswith("worse")
        and one.p_t is not None
        and one.p_t * looks <= ALPHA
    }


def chosen_by_the_others(accuracies: Accuracies) -> dict[int, str]:
    """Return for each instance the arm that is best on all the others.

    The mean of the winner flatters: it won for being high on just these instances. That of these
    arms, each on its instance, is of a choice that did not look at the instance which it is judged
    by (Varma and Simon, "Bias in error estimation when using cross-validation for model selection",
    BMC Bioinformatics 7, 2006).

    Parameters
    ----------
    accuracies
        Those of arms that were tried on the most instances count.

    Examples
    --------
    >>> chosen_by_the_others({"a": {0: 0.9, 1: 0.6, 2: 0.7}, "b": {0: 0.7, 1: 0.8, 2: 0.6}})
    {0: 'b', 1: 'a', 2: 'a'}
    """
    instances = accuracies[leader(accuracies)].keys()
    whole = {arm: own for arm, own in accuracies.items() if own.keys() >= instances}
    found = {}
    for left_out in sorted(instances):
        others = {
            arm: {i: own[i] for i in instances if i != left_out} for arm, own in whole.items()
        }
        found[left_out] = leader(others) if len(instances) > 1 else leader(whole)
    return found


def _mean(own: Mapping[int, float]) -> float:
    return float(np.mean(list(own.values())))
