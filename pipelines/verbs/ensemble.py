"""`ganaug ensemble`: let trained classifiers vote."""

from dataclasses import dataclass
from pathlib import Path

from groundwork.files import as_path
from pipelines import runtime
from pipelines.errors import InputError
from pipelines.tasks.ensemble import EnsembleTask
from pipelines.tasks.executor import Executor
from pipelines.tasks.trained import open_together
from pipelines.workspace import CLASSIFIER, outputs_of


@dataclass(frozen=True)
class EnsembleResult:
    """Test accuracy, 0..1, of an ensemble and of its members.

    Attributes
    ----------
    accuracies
        Of each member by its folder's name, then of `soft` and `hard` voting.
    folder
        The soft-voting ensemble as one classifier that `ganaug predict` and `ganaug export` take.
    """

    accuracies: dict[str, float]
    folder: Path

    def __str__(self) -> str:
        """Return the table and the folder, as the command line prints them."""
        width = max(map(len, self.accuracies))
        lines = [f"{name:{width}}  {fraction:6.1%}" for name, fraction in self.accuracies.items()]
        return "\n".join([*lines, "", f"classifier: {self.folder}"])


def ensemble(runs: list[Path]) -> EnsembleResult:
    """Let classifiers of the same images vote, softly and by majority, and keep the former.

    Soft voting averages probabilities; hard voting counts votes, a tie going to the most confident
    model (study A5). `train.members` in a recipe trains an ensemble in one go.

    Example: ``ganaug ensemble outputs/train/demo-real-0-… outputs/train/demo-real-flips-0-…``

    Parameters
    ----------
    runs
        Folders of two or more finished trainings of one instance.

    Returns
    -------
    EnsembleResult
        The accuracies and the classifier.

    Raises
    ------
    InputError
        If fewer than two are given, one is not finished or was tested on nothing, or they were
        tested on different images.
    """
    named = [as_path(run).resolve() for run in runs]
    # That of a run of `ganaug compare`, which was tested on nothing, is named as such.
    found = [run / CLASSIFIER if (run / CLASSIFIER).is_dir() else run for run in named]
    folders = list(dict.fromkeys(found))
    if len(folders) < 2:
        raise InputError(f"{len(folders)} classifiers named: an ensemble needs two or more")
    runtime.quiet()
    first, *_ = open_together(folders)
    task = EnsembleTask(
        name="ensemble",
        instance=str(first.settings["instance"]),
        members=tuple(folder.name for folder in folders),
        folders=tuple(folders),
    )
    outputs = outputs_of(first.folder)
    with Executor(outputs) as executor:
        (result,) = executor.run([task], "ensemble")
    return EnsembleResult(result.members, outputs / task.folder())
