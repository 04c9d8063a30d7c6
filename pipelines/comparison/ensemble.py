"""Ensembles: arms that vote, on every instance, by the answers that they have given.

Those of a recipe are named there. In the ensemble of the best of `ganaug compare`, which arms vote
on an instance is decided by the other instances, so that the accuracy of the ensemble does not
flatter; which vote in the classifier that is handed over, by all of them.
"""

from collections.abc import Mapping, Sequence

from groundwork.terminal import say
from pipelines.comparison.instances import Drawn
from pipelines.comparison.results import FailedRun, TrainRun, accuracies_of
from pipelines.recipes.ensemble import Ensemble
from pipelines.recipes.recipe import Recipe
from pipelines.statistics.choosing import leader
from pipelines.tasks.executor import Executor, Failed, in_words
from pipelines.tasks.vote import VoteTask

ENSEMBLE = "ensemble of the best"
MOST = 3
"""Arms that vote, at most."""
FEWEST = 3
"""Instances, for the best on some to say anything about another."""


def voters(
    sizes: Mapping[str, int],
    accuracies: Mapping[str, Mapping[int, float]],
    left_out: int | None = None,
) -> list[str]:
    """Return the arms that vote, the best first; fewer than two make no ensemble.

    They are those of the best means among the arms that were tried as often as the leader and see
    images of its size, so that they can be joined in one network.

    Parameters
    ----------
    sizes
        Of the images of each arm.
    accuracies
        By arm and instance.
    left_out
        An instance on which they vote, and that may say nothing of who does.
    """
    known = {
        arm: {i: value for i, value in own.items() if i != left_out}
        for arm, own in accuracies.items()
        if left_out is None or left_out in own  # or it has no answers there to vote with
    }
    best = leader(known)
    among = [
        arm
        for arm, own in known.items()
        if sizes[arm] == sizes[best] and own.keys() >= known[best].keys()
    ]
    return sorted(among, key=lambda arm: -sum(known[arm][i] for i in known[best]))[:MOST]


def vote(
    recipe: Recipe,
    sizes: Mapping[str, int],
    drawn: Sequence[Drawn],
    trainings: Sequence[TrainRun],
    executor: Executor,
) -> list[TrainRun]:
    """Let the best arms vote on every instance that the leader was tried on.

    Returns
    -------
    list of TrainRun
        One an instance, of the arm `ENSEMBLE`; none where an instance has fewer than two voters, or
        there are too few instances to choose by.
    """
    accuracies = accuracies_of(trainings)
    instances = sorted(accuracies[leader(accuracies)])
    if len(instances) < FEWEST:
        return []
    members = {i: voters(sizes, accuracies, left_out=i) for i in instances}
    if min(map(len, members.values())) < 2:
        return []
    folders = {(run.instance, run.arm): run.folder for run in trainings if run.seed == 0}
    tasks = [
        VoteTask(
            name=f"{recipe.name}-{ENSEMBLE}-{drawn[i].record.seed}",
            instance=drawn[i].at[sizes[members[i][0]]].folder,
            members=tuple(folders[i, arm].name for arm in members[i]),
            arms=tuple(members[i]),
        )
        for i in instances
    ]
    results = executor.attempt(tasks, ENSEMBLE)
    if failed := [one for one in results if isinstance(one, Failed)]:
        say(f"no vote: {in_words(failed)}")
        return []
    return [
        TrainRun(instance=i, folder=task.folder(), arm=ENSEMBLE, result=result)
        for i, task, result in zip(instances, tasks, results, strict=True)
    ]


def vote_across(
    recipe: Recipe,
    sizes: Mapping[str, int],
    drawn: Sequence[Drawn],
    trainings: Sequence[TrainRun],
    executor: Executor,
) -> tuple[list[TrainRun], list[FailedRun]]:
    """Let the arms of every ensemble of a recipe vote; trainings of one seed vote together.

    Parameters
    ----------
    recipe
        Its arms and ensembles.
    sizes
        Of each arm's images.
    drawn, trainings
        The instances, and the finished trainings on them.
    executor
        Runs the tasks.

    Returns
    -------
    list of TrainRun
        One for each ensemble, instance and seed of which every member was trained.
    list of FailedRun
        The votes that could not be.
    """
    folders = {(run.arm, run.instance, run.seed): run.folder.name for run in trainings}
    places = list(dict.fromkeys((run.instance, run.seed) for run in trainings))
    planned = [
        (name, place, _vote_task(recipe, name, one, place, drawn, sizes, folders))
        for name, one in recipe.ensembles.items()
        for place in places
        if all((arm, *place) in folders for arm in one.arms)
    ]
    voted, failed = [], []
    results = executor.attempt([task for *_, task in planned], "votes") if planned else []
    for (name, (instance, seed), task), result in zip(planned, results, strict=True):
        if isinstance(result, Failed):
            why = {"name": task.name, "reason": result.reason}
            failed.append(FailedRun(instance=instance, arm=name, **why))
        else:
            found = {"folder": task.folder(), "result": result}
            voted.append(TrainRun(instance=instance, arm=name, seed=seed, **found))
    return voted, failed


def _vote_task(
    recipe: Recipe,
    name: str,
    one: Ensemble,
    place: tuple[int, int],
    drawn: Sequence[Drawn],
    sizes: Mapping[str, int],
    folders: Mapping[tuple[str, int, int], str],
) -> VoteTask:
    index, seed = place
    weighted = one.vote == "weighted"
    return VoteTask(
        name=f"{recipe.name}-{name}-{drawn[index].record.seed}" + (f"-{seed}" if seed else ""),
        instance=drawn[index].at[sizes[one.arms[0]]].folder,
        members=tuple(folders[arm, index, seed] for arm in one.arms),
        arms=one.arms,
        vote=one.vote,
        others=tuple(
            tuple(
                folder
                for (named, instance, other), folder in folders.items()
                if named == arm and other == seed and instance != index and weighted
            )
            for arm in one.arms
        ),
        kept=True,
    )
