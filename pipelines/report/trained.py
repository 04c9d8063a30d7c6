"""The trainings of an arm, instance by instance, and what they say at each checkpoint."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipelines.comparison.results import ComparisonResult, TrainRun
from pipelines.errors import InputError
from pipelines.report.cells import FINAL
from pipelines.tasks.results import TrainTaskResult

ByInstance = Mapping[int, Sequence[TrainTaskResult]]
"""Of one arm, by instance: a result for each seed."""


def by_instance(comparison: ComparisonResult, arm: str) -> dict[int, list[TrainTaskResult]]:
    """Return the results of an arm, those of each instance in the order of their seeds.

    Raises
    ------
    InputError
        If there is none, or there are two of one instance with the same seed.
    """
    found: dict[int, dict[int, TrainRun]] = {}
    for run in (run for run in comparison.trainings if run.arm == arm):
        if run.seed in found.setdefault(run.instance, {}):
            raise InputError(
                f"comparison {comparison.name}: arm {arm!r} has two trainings on instance "
                f"{run.instance} with the same seed; run it again"
            )
        found[run.instance][run.seed] = run
    if not found:
        raise InputError(f"comparison {comparison.name}: arm {arm!r} has no training; run it again")
    return {
        instance: [run.result for run in own.values()] for instance, own in sorted(found.items())
    }


def find_checkpoints(runs: Mapping[str, ByInstance]) -> list[str]:
    """Return the epochs at which some arm was tested in all its trainings, as column names.

    Early stopping ends each training at an epoch of its own, and a probe has none: those are no
    checkpoints, and the column of final accuracies then goes by the name FINAL instead of by an
    epoch. One that is the last of all trainings that have it would say the same again.
    """
    tested = {
        arm: [set(one.accuracy_at) for of_one in own.values() for one in of_one]
        for arm, own in runs.items()
    }
    epochs = {epoch for own in tested.values() for epoch in set.intersection(*own)}
    last = {max(own, default=0) for every in tested.values() for own in every}
    if len(last) == 1 and last <= epochs:
        return [str(epoch) for epoch in sorted(epochs)]
    early = {e for every in tested.values() for own in every for e in own if e < max(own)}
    return [*(str(epoch) for epoch in sorted(epochs & early)), FINAL]


def accuracies(runs: ByInstance, checkpoint: str) -> dict[int, float]:
    """Return test accuracies by instance, means over the seeds, where all were measured."""
    if checkpoint == FINAL:
        return means(runs, lambda one: one.scores.accuracy)
    epoch = int(checkpoint)
    measured = {
        instance: own
        for instance, own in runs.items()
        if all(epoch in one.accuracy_at for one in own)
    }
    return means(measured, lambda one: one.accuracy_at[epoch])


def means(runs: ByInstance, value: Callable[[TrainTaskResult], float]) -> dict[int, float]:
    """Return the mean over the seeds, by instance."""
    return {instance: float(np.mean([*map(value, own)])) for instance, own in runs.items()}
