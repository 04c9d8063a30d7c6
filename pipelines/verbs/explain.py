"""`ganaug explain`: pictures of what a trained classifier gets right, and where it looked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from groundwork.files import as_path
from groundwork.terminal import say
from pipelines import runtime
from pipelines.errors import within
from pipelines.tasks.finding import find_classifier
from pipelines.tasks.trained import open_together
from pipelines.verbs.places import AnyPath


@dataclass(frozen=True)
class ExplainResult:
    """Pictures of one or more classifiers."""

    pictures: list[Path]

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        return "\n".join(f"picture: {path}" for path in self.pictures)


def explain(
    runs: Annotated[list[AnyPath] | AnyPath, Parameter(name=["--runs", "--model"])],
    *,
    mistakes: int = 12,
    cam: bool = True,
    out: AnyPath | None = None,
    outputs: AnyPath = Path("outputs"),
) -> ExplainResult:
    """Draw the confusion matrix, calibration, curves and worst mistakes of trained classifiers.

    Of several, also each class's accuracy side by side, and accuracy against the cost of an image.

    Example: ``ganaug explain outputs/train/demo-real-0-… outputs/train/demo-real-synthetic-0-…``

    Parameters
    ----------
    runs
        Folders of finished trainings of one instance. The folder of a run of `ganaug compare`, or
        `latest`, stands for the same way to train on the first instance: the classifier that was
        handed over has seen all images, and has none to be tested on.
    mistakes
        Most confident mistakes to show.
    cam
        Lay Grad-CAM over them: what the classifier looked at (Selvaraju et al. 2017).
    out
        Folder for the pictures; by default `explain` in the first run's folder.
    outputs
        Where `latest` is looked for.

    Returns
    -------
    ExplainResult
        The pictures.

    Raises
    ------
    InputError
        If a folder holds no finished training, or they were tested on different images.
    """
    within("--mistakes", mistakes, 0, 1000)
    runtime.quiet()
    from pipelines.report.explained import draw_explanations  # only now: it loads Keras
    from pipelines.report.reading import tested_instead

    tested = []
    for named in [runs] if isinstance(runs, str | Path) else runs:
        classifier = find_classifier(named, as_path(outputs))
        tested.append(tested_instead(classifier) or classifier)
        if tested[-1] != classifier:
            say(f"{named} was tested on nothing: {tested[-1]} is explained")
    found = open_together(tested)
    folder = tested[0] / "explain" if out is None else as_path(out)
    return ExplainResult(draw_explanations(found, folder, mistakes=mistakes, cam=cam))
