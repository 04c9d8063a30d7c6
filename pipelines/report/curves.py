"""Charts of how the classifiers were trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipelines.comparison.results import ComparisonResult
from pipelines.report import charts
from pipelines.report.classes import arm_results
from pipelines.tasks.results import TrainTaskResult

FEWEST_TESTS = 5
"""Epochs after which an arm was tested, that are worth a line beside its training accuracy."""
Line = tuple[Sequence[float], Sequence[float]]
"""Epochs and values of one training."""


def training_curves(comparison: ComparisonResult) -> list[Markup]:
    """Draw what was recorded of every epoch, and the test accuracy at the checkpoints."""
    runs = {arm: arm_results(comparison, arm) for arm in comparison.arms}
    kinds = (("loss", "training loss", False), ("accuracy", "training accuracy, %", True))
    shown = []
    for name, title, is_fraction in kinds:
        lines = {arm: _lines(own, name) for arm, own in runs.items()}
        shown.append(_arm_curves(title, lines, f"train-{name}", is_fraction))
    tested = {
        arm: [(sorted(run.accuracy_at), _in_order(run.accuracy_at)) for run in own]
        for arm, own in runs.items()
    }
    if any(len(epochs) > 1 for lines in tested.values() for epochs, _ in lines):
        shown.append(_arm_curves("test accuracy, %", tested, "test-accuracy", True))
    return [chart for chart in shown if chart]


@dataclass(frozen=True)
class OwnCurves:
    """The curves of one arm: how far its images and others are apart.

    Attributes
    ----------
    arm
        Its name.
    charts
        Loss, where there are validation images, and accuracy.
    """

    arm: str
    charts: list[Markup]


def curves_of_arms(comparison: ComparisonResult) -> list[OwnCurves]:
    """Draw training and validation curves of each arm together (study A's figures 8 to 13).

    Of arms that have validation images, or were tested after several epochs: test accuracy then
    stands beside the others.
    """
    shown = []
    for number, arm in enumerate(comparison.arms):
        runs = arm_results(comparison, arm)
        validated = [run for run in runs if run.history.get("val_loss")]
        tested = [run for run in runs if len(run.accuracy_at) >= FEWEST_TESTS]
        if not (validated or tested):
            continue
        drawn = []
        if validated:
            lines = {
                "training": _lines(validated, "loss"),
                "validation": _lines(validated, "val_loss"),
            }
            drawn.append(_own_chart("loss", lines, f"own-loss-{number}", False))
        lines = {"training": _lines(runs, "accuracy"), "validation": _lines(runs, "val_accuracy")}
        lines["test"] = [(sorted(run.accuracy_at), _in_order(run.accuracy_at)) for run in tested]
        drawn.append(_own_chart("accuracy, %", lines, f"own-accuracy-{number}", True))
        shown.append(OwnCurves(arm, drawn))
    return shown


def _lines(runs: Sequence[TrainTaskResult], name: str) -> list[Line]:
    """Return a curve of each training that has it."""
    curves = [run.history[name] for run in runs if run.history.get(name)]
    return [(range(1, len(values) + 1), values) for values in curves]


def _own_chart(
    title: str, lines: Mapping[str, Sequence[Line]], key: str, is_fraction: bool
) -> Markup:
    series = [
        charts.Series(name, color, own)
        for color, (name, own) in enumerate(lines.items(), start=1)
        if own
    ]
    return charts.curves(title, series, xlabel="epoch", key=key, percent=is_fraction)


def _arm_curves(
    title: str, lines: Mapping[str, Sequence[Any]], key: str, is_fraction: bool
) -> Markup:
    """Draw one chart of all arms; nothing where no arm recorded the curve."""
    series = [charts.Series("", row, own) for row, own in enumerate(lines.values()) if own]
    if not series:
        return Markup()
    return charts.curves(title, series, xlabel="epoch", key=key, percent=is_fraction)


def _in_order(by_epoch: Mapping[int, float]) -> list[float]:
    return [by_epoch[epoch] for epoch in sorted(by_epoch)]
