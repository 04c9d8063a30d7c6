"""What stayed open at the end of a comparison within a time, and what more time would buy."""

import math

from groundwork.names import listed
from pipelines.comparison.contest import FIRST, SAFETY, Contest
from pipelines.statistics.choosing import clearly_worse, leader
from pipelines.statistics.paired import paired
from pipelines.statistics.power import instances_to_settle
from pipelines.statistics.verdicts import points


def more_time(contest: Contest, minutes: float, instances: int) -> list[str]:
    """Say it, in sentences.

    Parameters
    ----------
    contest
        It has been run.
    minutes
        That it was given.
    instances
        How many there are to try on.
    """
    lines = [*filter(None, [_untried(contest, minutes, instances), _open(contest, instances)])]
    return lines or ["Nothing stayed open: more time would change nothing."]


def _untried(contest: Contest, minutes: float, instances: int) -> str:
    """Say what was left for want of time, and in what time it would be tried."""
    waiting = list(contest.short_of_time)
    if not waiting:
        return ""
    found = contest.accuracies
    seconds = 0.0
    for index in range(min(FIRST, instances)):
        arms = [arm for arm in waiting if index not in found.get(arm, {})]
        seconds += contest.times.instance(index, arms) if arms else 0.0
    names = listed(waiting, quoted=True)
    if not seconds:  # they have had their first instances
        return f"{names} had no time for more of the {instances} instances."
    needed = math.ceil(minutes + SAFETY * seconds / 60)
    few = min(FIRST, instances)
    return f"{names} had too little time: --minutes {needed} would try them on {few} instances."


def _open(contest: Contest, instances: int) -> str:
    """Say what would settle which of the best two it is; empty where that is settled."""
    found = contest.accuracies
    best = leader(found)
    worse = clearly_worse(found, contest.correlation)
    rivals = [arm for arm in found if arm not in worse and arm != best]
    if not rivals:
        return ""
    rival = max(rivals, key=lambda arm: sum(found[arm].values()) / len(found[arm]))
    common = sorted(found[best].keys() & found[rival].keys())
    if len(common) < 2:
        return ""
    one = paired(
        [found[rival][i] for i in common],
        [found[best][i] for i in common],
        correlation=contest.correlation,
    )
    pair = f"“{best}” and “{rival}” ({points(one.mean)} points)"
    needed = None
    if one.spread:
        needed = instances_to_settle(
            one.mean,
            one.spread,
            correlation=contest.correlation,
            comparisons=math.comb(len(found), 2),
        )
    if needed is None:
        return f"More time would not tell {pair} apart: that takes more photographs."
    if needed <= instances:
        return f"To tell {pair} apart takes about {needed} of the {instances} instances."
    return f"To tell {pair} apart takes about --instances {needed}."
