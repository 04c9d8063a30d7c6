"""Charts of how the classifiers were trained."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines.comparison.results import ComparisonResult
from pipelines.report import charts
from pipelines.report.classes import arm_results


def training_curves(comparison: ComparisonResult) -> list[Markup]:
    """Draw what was recorded of every epoch, and the test accuracy at the checkpoints."""
    runs = {arm: arm_results(comparison, arm) for arm in comparison.arms}
    kinds = (("loss", "training loss", False), ("accuracy", "training accuracy, %", True))
    shown = []
    for name, title, is_fraction in kinds:
        histories = {
            arm: [run.history[name] for run in own if run.history.get(name)]
            for arm, own in runs.items()
        }
        lines = {
            arm: [(range(1, len(values) + 1), values) for values in own]
            for arm, own in histories.items()
        }
        shown.append(_arm_curves(title, lines, f"train-{name}", is_fraction))
    tested = {
        arm: [(sorted(run.accuracy_at), _in_order(run.accuracy_at)) for run in own]
        for arm, own in runs.items()
    }
    if any(len(epochs) > 1 for lines in tested.values() for epochs, _ in lines):
        shown.append(_arm_curves("test accuracy, %", tested, "test-accuracy", True))
    return [chart for chart in shown if chart]


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
