"""What difference a comparison could find, said before anything of it is trained."""

import math
from collections.abc import Sequence

import numpy as np

from pipelines.comparison.plan import Planned
from pipelines.data.overlap import Overlap
from pipelines.statistics.power import USUAL_SPREAD, detectable
from pipelines.statistics.verdicts import enough_instances
from pipelines.tasks.results import TrainTaskResult

LEAST = 3
"""Finished instances of an arm and the reference whose differences show a spread."""


def outlook(
    planned: Sequence[Planned], finished: Sequence[tuple[Planned, TrainTaskResult]], shared: Overlap
) -> str:
    """Say what difference would be found 8 of 10 times, and what that is estimated from.

    Parameters
    ----------
    planned
        Every training of the comparison, those of the reference arm first on each instance.
    finished
        What came out of those that have been run.
    shared
        What the instances have in common.
    """
    arms = list(dict.fromkeys(one.arm for one in planned))
    comparisons = len(arms) - 1
    if not comparisons:
        return ""
    if shared.instances == 1:
        return "power: one instance has no spread, so that no test over instances is possible"
    if shared.correlation == 1:
        return (
            "power: all instances have the same training images, so that no number of them shows "
            "anything of others"
        )
    spread, source = _spread(arms, finished)
    least = detectable(
        shared.instances, spread, correlation=shared.correlation, comparisons=comparisons
    )
    if least is None:
        return ""
    several = f" and {comparisons} comparisons" if comparisons > 1 else ""
    overlapping = (
        f" and differences correlated at {shared.correlation:.2f}, for instances share images"
        if shared.correlation
        else ""
    )
    enough = enough_instances(comparisons, shared.correlation)
    few = "" if shared.instances >= enough else f"; fewer than {enough} make it only probable"
    return (
        f"power: with {shared.instances} instances{several} a difference of {100 * least:.1f} "
        f"points is found 8 of 10 times{few}; an estimate, from a spread of {100 * spread:.1f} "
        f"points ({source}){overlapping}"
    )


def _spread(
    arms: Sequence[str], finished: Sequence[tuple[Planned, TrainTaskResult]]
) -> tuple[float, str]:
    """Return the standard deviation of paired differences, over all arms, and whence it is."""
    accuracies: dict[tuple[str, int], list[float]] = {}
    for one, result in finished:
        accuracies.setdefault((one.arm, one.instance), []).append(result.scores.accuracy)
    means = {key: float(np.mean(own)) for key, own in accuracies.items()}
    differences = [
        [means[arm, i] - means[arms[0], i] for a, i in means if a == arm and (arms[0], i) in means]
        for arm in arms[1:]
    ]
    enough = [own for own in differences if len(own) >= LEAST and np.ptp(own) > 0]
    if not enough:
        return USUAL_SPREAD, "usual for two classes, 50 training images of each"
    freedom = sum(len(own) - 1 for own in enough)
    spread = math.sqrt(sum(np.var(own) * len(own) for own in enough) / freedom)
    return spread, f"of finished trainings, up to {max(map(len, enough))} instances"
