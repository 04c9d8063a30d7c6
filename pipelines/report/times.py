"""Time as a result: of an epoch, until an accuracy is reached, and what a network's start took."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from markupsafe import Markup

from pipelines.comparison.results import ComparisonResult, TrainRun
from pipelines.report import charts
from pipelines.report.classes import arm_runs
from pipelines.statistics.paired import Summary, summary
from pipelines.tasks.results import TrainTaskResult

AN_EPOCH = "seconds an epoch"
"""Key of a published figure."""


@dataclass(frozen=True)
class Reached:
    """When trainings of an arm reached an accuracy.

    Attributes
    ----------
    seconds
        Of the epochs until then; None where none reached it.
    epoch
        The median; 0 where none reached it.
    count
        Trainings that did.
    published
        The published seconds, as printed; empty if none.
    """

    seconds: Summary | None
    epoch: float
    count: int
    published: str = ""


@dataclass(frozen=True)
class ArmTimes:
    """The times of an arm.

    Attributes
    ----------
    name, color
        The arm, and the place of its colour.
    epoch
        Seconds of an epoch, the median of a training, over its trainings.
    startup
        Most seconds that building, compiling and starting took; None where that is not known. What
        an earlier arm has compiled is kept, so that it may be short.
    reached
        When each target was reached.
    trained
        Trainings.
    published
        The published seconds of an epoch, as printed; empty if none.
    """

    name: str
    color: int
    epoch: Summary
    startup: float | None
    reached: dict[float, Reached]
    trained: int
    published: str


@dataclass(frozen=True)
class Times:
    """The times of a comparison.

    Attributes
    ----------
    arms
        Those that were timed.
    targets
        Accuracies, 0..1.
    images
        What those were measured on: `validation` or `test`.
    """

    arms: list[ArmTimes]
    targets: tuple[float, ...]
    images: str


def said(target: float) -> str:
    """Return what the time until an accuracy is called, as among the published figures.

    Examples
    --------
    >>> said(0.8)
    'seconds to 80 %'
    """
    return f"seconds to {100 * target:g} %"


def times(comparison: ComparisonResult) -> Times | None:
    """Return the times of a comparison; None where none were measured."""
    given = comparison.recipe.get("targets", ())
    targets = tuple(float(one) for one in given) if isinstance(given, Sequence) else ()
    images = measured_on(comparison)
    arms = []
    for color, arm in enumerate(comparison.arms):
        runs = [run.result for run in arm_runs(comparison, arm) if run.result.epoch_seconds]
        printed = comparison.published.get(arm, {})
        if runs:
            starts = [one.startup_seconds for one in runs if one.startup_seconds is not None]
            arms.append(
                ArmTimes(
                    name=arm,
                    color=color,
                    epoch=summary([float(np.median(one.epoch_seconds)) for one in runs]),
                    startup=max(starts, default=None),
                    reached={
                        target: replace(
                            _reached(runs, target, images), published=printed.get(said(target), "")
                        )
                        for target in targets
                    },
                    trained=len(runs),
                    published=printed.get(AN_EPOCH, ""),
                )
            )
    return Times(arms, targets, images) if arms else None


def times_in_words(comparison: ComparisonResult) -> list[str]:
    """Return a line an arm for the terminal, of a comparison that has targets."""
    found = times(comparison)
    if found is None or not found.targets:
        return []
    lines = []
    for arm in found.arms:
        parts = [f"{arm.epoch.mean:.3g} {AN_EPOCH}"]
        for target, reached in arm.reached.items():
            when = (
                f"{reached.seconds.mean:.3g} {said(target)}"
                if reached.seconds
                else (f"never at {100 * target:g} %")
            )
            parts.append(f"{when} ({reached.count} of {arm.trained})" if reached.count else when)
        lines.append(f"{arm.name}: {', '.join(parts)}")
    return [*lines, f"Those seconds are of epochs alone; reached on {found.images} images."]


def measured_on(comparison: ComparisonResult) -> str:
    """Return which images tell how far an epoch has come: `validation` if all arms have some."""
    timed = [run.result for run in comparison.trainings if run.result.epoch_seconds]
    return "validation" if all("val_accuracy" in one.history for one in timed) else "test"


def accuracy_by_epoch(result: TrainTaskResult, images: str) -> dict[int, float]:
    """Return the accuracy after each epoch after which it was measured, counted from 1."""
    if images == "validation":
        return dict(enumerate(result.history["val_accuracy"], start=1))
    last = len(result.epoch_seconds)
    return {epoch: value for epoch, value in sorted(result.accuracy_at.items()) if epoch <= last}


def _reached(runs: Sequence[TrainTaskResult], target: float, images: str) -> Reached:
    """Look up when each training first was as good as that."""
    seconds, epochs = [], []
    for one in runs:
        by_epoch = accuracy_by_epoch(one, images)
        first = next((epoch for epoch, value in by_epoch.items() if value >= target), None)
        if first is not None:
            seconds.append(sum(one.epoch_seconds[:first]))
            epochs.append(first)
    if not seconds:
        return Reached(None, 0, 0)
    return Reached(summary(seconds), float(np.median(epochs)), len(seconds))


def accuracy_against_time(comparison: ComparisonResult) -> Markup:
    """Draw accuracy against the seconds of the epochs; empty where there is no line to draw."""
    images = measured_on(comparison)
    series = []
    for color, arm in enumerate(comparison.arms):
        lines = [_line(run, images) for run in arm_runs(comparison, arm)]
        lines = [line for line in lines if len(line[0]) > 1]
        if lines:
            series.append(charts.Series("", color, lines))
    if not series:
        return Markup()
    title = f"{images} accuracy, %"
    return charts.curves(title, series, xlabel="seconds", key="race", percent=True)


def _line(run: TrainRun, images: str) -> tuple[list[float], list[float]]:
    """Return the seconds and the accuracies of a training."""
    if not run.result.epoch_seconds:
        return [], []
    ended = [*accumulate(run.result.epoch_seconds)]
    by_epoch = accuracy_by_epoch(run.result, images)
    return [ended[epoch - 1] for epoch in by_epoch], [*by_epoch.values()]
