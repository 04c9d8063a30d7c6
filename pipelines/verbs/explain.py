"""`ganaug explain`: pictures of what a trained classifier gets right, and where it looked."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import runtime
from pipelines.tasks.trained import open_together

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class ExplainResult:
    """Pictures of one or more classifiers."""

    pictures: list[Path]

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        return "\n".join(f"picture: {path}" for path in self.pictures)


def explain(
    runs: list[Path], *, mistakes: int = 12, cam: bool = True, out: Path | None = None
) -> ExplainResult:
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
    ExplainResult
        The pictures.

    Raises
    ------
    InputError
        If a folder holds no finished training, or they were tested on different images.
    """
    runtime.quiet()
    from pipelines.report.explained import draw_explanations  # only now: it loads Keras

    found = open_together(runs)
    folder = out or runs[0] / "explain"
    return ExplainResult(draw_explanations(found, folder, mistakes=mistakes, cam=cam))
