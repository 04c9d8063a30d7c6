"""`ganaug explain`: pictures of what a trained classifier gets right, and where it looked."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import runtime
from pipelines.trained import TrainedClassifier, open_together

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Explained:
    """Pictures of one or more classifiers."""

    pictures: list[Path]

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        return "\n".join(f"picture: {path}" for path in self.pictures)


def explain(
    runs: list[Path], *, mistakes: int = 12, cam: bool = True, out: Path | None = None
) -> Explained:
    """Draw the confusion matrix, calibration, curves and worst mistakes of trained classifiers.

    Of several, also each class's accuracy side by side, and accuracy against the cost of an image.

    Example: ``ganaug explain outputs/train/demo-real-0-… outputs/train/demo-real-synthetic-0-…``

    Parameters
    ----------
    runs
        Folders of finished trainings of one instance.
    mistakes
        Most confident mistakes to show.
    cam
        Lay Grad-CAM over them: what the classifier looked at (Selvaraju et al. 2017).
    out
        Folder for the pictures; by default `explain` in the first run's folder.

    Returns
    -------
    Explained
        The pictures.

    Raises
    ------
    InputError
        If a folder holds no finished training, or they were tested on different images.
    """
    runtime.quiet()
    from classifiers import charts, count_flops

    found = open_together(runs)
    folder = out or runs[0] / "explain"
    folder.mkdir(parents=True, exist_ok=True)
    names = _named(found)
    scores = {name: one.result.scores for name, one in names.items()}
    histories = {name: one.result.history for name, one in names.items() if one.result.history}
    paths = []

    def keep(figure: "Figure", name: str) -> None:
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
    return Explained(paths)


def _named(found: list[TrainedClassifier]) -> dict[str, TrainedClassifier]:
    """Name each by its folder, without the hash where that is enough to tell them apart."""
    whole = {one.folder.resolve().name: one for one in found}
    short = {name: name.rpartition("-")[0] for name in whole}
    several = Counter(short.values())
    return {short[name] if several[short[name]] == 1 else name: one for name, one in whole.items()}


def _mistakes(one: TrainedClassifier, count: int, cam: bool) -> "Figure | None":
    """Draw the most confident mistakes, or nothing where there are none."""
    from classifiers import failures, grad_cam
    from classifiers.explain import failure_sheet

    worst = failures(one.probabilities(one.test.images), one.test.labels, count)
    if not worst:
        return None
    shown = one.test.images[[mistake.index for mistake in worst]]
    heat = grad_cam(one.network, shown) if cam else None
    return failure_sheet(one.test.images, worst, one.class_names, heat)
