"""The numbers of a comparison, worked out once for the page and for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.comparison.results import ComparisonResult, TrainRun
from pipelines.data.instances import InstanceRecord
from pipelines.errors import InputError
from pipelines.statistics.paired import Paired, Summary, holm_adjusted, paired, summary
from pipelines.statistics.verdicts import caveat, conclusion, points, verdict

FINAL = "final"
"""Name of the last epoch in the published figures, and of its column where arms end apart."""


@dataclass(frozen=True)
class Cell:
    """One arm at one checkpoint; None where it was not tested there.

    Attributes
    ----------
    accuracy
        Over the instances, in 0..1.
    against
        Difference from the reference arm, on the instances that both have.
    published
        The published figure, as printed.
    """

    accuracy: Summary | None
    against: Paired | None
    published: str | None


@dataclass(frozen=True)
class ArmResult:
    """One arm of the comparison.

    Attributes
    ----------
    cells
        One a checkpoint.
    final
        Accuracy after the last epoch, by instance.
    against
        Difference of those from the reference arm, Holm-adjusted over all arms.
    images, steps, seconds
        Means over the instances: images in an epoch, optimiser steps and seconds of a training.
    """

    name: str
    cells: list[Cell]
    final: dict[int, float]
    against: Paired | None
    images: float
    steps: float
    seconds: float


@dataclass(frozen=True)
class Results:
    """Everything that the result table holds, the reference arm first."""

    checkpoints: list[str]
    arms: list[ArmResult]

    @property
    def reference(self) -> ArmResult:
        """The arm that the others are compared with."""
        return self.arms[0]

    @property
    def compared(self) -> dict[str, Paired]:
        """The other arms' final differences from the reference."""
        return {arm.name: arm.against for arm in self.arms if arm.against}


def results(comparison: ComparisonResult) -> Results:
    """Work out the result table.

    Raises
    ------
    InputError
        If the comparison has no training of an arm, or two of one arm on one instance.
    """
    runs = {arm: _by_instance(comparison, arm) for arm in comparison.arms}
    checkpoints = _checkpoints(runs)
    arms = [
        _arm_result(comparison, arm, runs[comparison.arms[0]], own, checkpoints)
        for arm, own in runs.items()
    ]
    adjusted = holm_adjusted({arm.name: arm.against for arm in arms if arm.against})
    arms = [replace(arm, against=adjusted.get(arm.name)) for arm in arms]
    return Results(checkpoints, arms)


def _by_instance(comparison: ComparisonResult, arm: str) -> dict[int, TrainRun]:
    found: dict[int, TrainRun] = {}
    for run in (run for run in comparison.trainings if run.arm == arm):
        if run.instance in found:
            raise InputError(
                f"comparison {comparison.name}: arm {arm!r} has two trainings on instance "
                f"{run.instance}; run it again"
            )
        found[run.instance] = run
    if not found:
        raise InputError(f"comparison {comparison.name}: arm {arm!r} has no training; run it again")
    return dict(sorted(found.items()))


def _checkpoints(runs: Mapping[str, Mapping[int, TrainRun]]) -> list[str]:
    """Return the epochs at which some arm was tested on all its instances, as column names.

    Early stopping ends each training at an epoch of its own: those are no checkpoints, and the
    column of final accuracies then goes by the name FINAL instead of by an epoch.
    """
    epochs = {
        epoch
        for own in runs.values()
        for epoch in set.intersection(*(set(run.result.accuracy_at) for run in own.values()))
    }
    last = {max(run.result.accuracy_at, default=0) for own in runs.values() for run in own.values()}
    names = [str(epoch) for epoch in sorted(epochs)]
    return names if len(last) == 1 and last <= epochs else [*names, FINAL]


def _accuracies(runs: Mapping[int, TrainRun], checkpoint: str) -> dict[int, float]:
    """Return test accuracies by instance, where they were measured."""
    if checkpoint == FINAL:
        return {instance: run.result.scores.accuracy for instance, run in runs.items()}
    epoch = int(checkpoint)
    return {
        instance: run.result.accuracy_at[epoch]
        for instance, run in runs.items()
        if epoch in run.result.accuracy_at
    }


def _arm_result(
    comparison: ComparisonResult,
    arm: str,
    reference: Mapping[int, TrainRun],
    own: Mapping[int, TrainRun],
    checkpoints: Sequence[str],
) -> ArmResult:
    published = comparison.published.get(arm, {})
    is_reference = arm == comparison.arms[0]
    cells = []
    for checkpoint in checkpoints:
        here = _accuracies(own, checkpoint)
        last = checkpoint == checkpoints[-1]
        cells.append(
            Cell(
                accuracy=summary(list(here.values())) if here else None,
                against=None
                if is_reference
                else _pair(comparison, _accuracies(reference, checkpoint), here),
                published=published.get(checkpoint, published.get(FINAL) if last else None),
            )
        )
    final = _accuracies(own, FINAL)
    results = [run.result for run in own.values()]
    return ArmResult(
        name=arm,
        cells=cells,
        final=final,
        against=None if is_reference else _pair(comparison, _accuracies(reference, FINAL), final),
        images=float(np.mean([result.train_images for result in results])),
        steps=float(np.mean([result.steps for result in results])),
        seconds=float(np.mean([result.seconds for result in results])),
    )


def _pair(
    comparison: ComparisonResult, reference: Mapping[int, float], other: Mapping[int, float]
) -> Paired | None:
    """Compare two arms on the instances that both have, as far as those share images."""
    common = sorted(reference.keys() & other.keys())
    if not common:
        return None
    correlation = comparison.overlap.correlation if comparison.overlap else 0.0
    return paired(
        [reference[i] for i in common], [other[i] for i in common], correlation=correlation
    )


def percent(accuracy: Summary) -> str:
    """Return mean ± standard deviation in per cent, the mean alone for one instance.

    Examples
    --------
    >>> percent(summary([0.70, 0.72, 0.77])), percent(summary([0.7]))
    ('73.0 ± 3.6', '70.0')
    """
    mean = f"{100 * accuracy.mean:.1f}"
    return mean if accuracy.std is None else f"{mean} ± {100 * accuracy.std:.1f}"


def interval(against: Paired | None) -> str:
    """Return the 95 % interval of a difference in percentage points, a dash where there is none.

    Examples
    --------
    >>> interval(paired([0.70, 0.72, 0.77], [0.71, 0.75, 0.79]))
    '−0.5 to +4.5'
    """
    if against is None or against.low is None or against.high is None:
        return "–"
    return f"{points(against.low)} to {points(against.high)}"


def column_name(checkpoint: str) -> str:
    """Return the heading of a checkpoint's column."""
    return "last epoch" if checkpoint == FINAL else f"epoch {checkpoint}"


def headline(table: Results) -> str:
    """Return the outcome of the comparison in a sentence."""
    reference = f"“{table.reference.name}”"
    compared = table.compared
    if not compared:
        accuracy = summary(list(table.reference.final.values()))
        count = f"{accuracy.n} instance{'s' if accuracy.n > 1 else ''}"
        return f"{reference} reaches {percent(accuracy)} % over {count}; no other arm was trained."
    if len(compared) == 1:
        ((name, only),) = compared.items()
        return f"“{name}” against {reference}: {verdict(only)}."
    groups = {
        claim: [f"“{name}”" for name, one in compared.items() if conclusion(one) == claim]
        for claim in ("better", "probably better", "worse", "probably worse", "unclear")
    }
    unclear = groups.pop("unclear")
    if len(unclear) == len(compared):
        several = f"None of the {len(unclear)} alternatives"
        none = "Neither alternative" if len(unclear) == 2 else several
        return f"{none} can be told apart from {reference}."
    claims = [
        f"{_listed(names)} {'is' if len(names) == 1 else 'are'} {claim} than {reference}"
        for claim, names in groups.items()
        if names
    ]
    if unclear:
        claims.append(f"{_listed(unclear)} cannot be told apart from {reference}")
    return f"{'; '.join(claims)}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def caveats(table: Results, instances: Sequence[InstanceRecord]) -> list[str]:
    """Return what a reader must know before believing the table, a sentence or two each."""
    compared = table.compared
    if not compared:
        return []
    correlation = max(one.correlation for one in compared.values())
    few = caveat(min(one.n for one in compared.values()), len(compared), correlation)
    found = [few] if few else []
    if correlation:
        found.append(
            "Instances share images: the intervals and p values are those of the corrected "
            f"resampled t test (correlation {correlation:.2f}; Nadeau and Bengio 2003)."
        )
        return found
    drawn = [name for one in instances for name in set(one.classes)]
    if len(drawn) > len(set(drawn)):
        found.append(
            "Some instances share a class and so may share images: they are not fully "
            "independent, and the true intervals are somewhat wider than those shown."
        )
    return found
