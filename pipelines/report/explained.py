"""Pictures of what trained classifiers get right, their worst mistakes, and where they looked."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from classifiers.evaluation import charts
from classifiers.evaluation.cost import count_flops
from classifiers.evaluation.explain import failure_sheet, grad_cam
from classifiers.evaluation.failures import failures
from pipelines.tasks.trained import TrainedClassifier


def draw_explanations(
    found: Sequence[TrainedClassifier], folder: Path, *, mistakes: int, cam: bool
) -> list[Path]:
    """Draw classifiers that were tested on the same images; return the pictures' paths.

    Of each the confusion matrix, calibration and worst mistakes; of all together each class's
    accuracy, the curves, and accuracy against cost.

    Parameters
    ----------
    found
        The classifiers.
    folder
        Gets the pictures.
    mistakes
        Most confident mistakes to show.
    cam
        Lay Grad-CAM over them.
    """
    names = _named(found)
    scores = {name: one.result.scores for name, one in names.items()}
    histories = {name: one.result.history for name, one in names.items() if one.result.history}
    paths = []

    def keep(figure: Figure, name: str) -> None:
        paths.append(charts.save(figure, folder / f"{name}.png"))

    for name, one in names.items():
        end = f"-{name}" if len(names) > 1 else ""
        keep(charts.confusion_chart(scores[name], title=name), f"confusion{end}")
        keep(charts.reliability_chart(scores[name]), f"calibration{end}")
        if (sheet := _mistakes(one, mistakes, cam)) is not None:
            keep(sheet, f"mistakes{end}")
    keep(charts.class_accuracy_chart(scores), "classes")
    if histories:
        keep(charts.training_chart(histories), "training")
    if len(names) > 1:
        cost = {
            name: (float(count_flops(one.network)), scores[name].accuracy)
            for name, one in names.items()
        }
        keep(charts.flops_chart(cost), "cost")
    return paths


def _named(found: Sequence[TrainedClassifier]) -> dict[str, TrainedClassifier]:
    """Name each by its folder, without the hash where that is enough to tell them apart."""
    whole = {one.folder.resolve().name: one for one in found}
    short = {name: name.rpartition("-")[0] for name in whole}
    several = Counter(short.values())
    return {short[name] if several[short[name]] == 1 else name: one for name, one in whole.items()}


def _mistakes(one: TrainedClassifier, count: int, cam: bool) -> Figure | None:
    """Draw the most confident mistakes, or nothing where there are none."""
    worst = failures(one.probabilities(one.test.pixels), one.test.labels, count)
    if not worst:
        return None
    shown = one.test.pixels[[mistake.index for mistake in worst]]
    # What speaks for the class that was answered: with test-time views, one view may say another.
    answered = np.array([mistake.predicted for mistake in worst])
    heat = grad_cam(one.network, shown, answered) if cam else None
    return failure_sheet(one.test.pixels, worst, one.class_names, heat)
