"""`ganaug ensemble`: let trained classifiers vote."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganaug.files import replacing, write_json
from pipelines import runtime
from pipelines.errors import InputError
from pipelines.identity import digest
from pipelines.trained import open_together


@dataclass(frozen=True)
class Voted:
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
        lines = [f"{name:{width}}  {share:6.1%}" for name, share in self.accuracies.items()]
        return "\n".join([*lines, "", f"classifier: {self.folder}"])


def ensemble(runs: list[Path]) -> Voted:
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
    Voted
        The accuracies and the classifier.

    Raises
    ------
    InputError
        If fewer than two are given, one is not finished, or they were tested on different images.
    """
    if len(set(runs)) < 2:
        raise InputError(f"{len(set(runs))} classifiers named: an ensemble needs two or more")
    runtime.quiet()
    from classifiers import as_one_model, evaluate, hard_vote, soft_vote

    found = open_together(runs)
    test = found[0].test
    members = np.stack([one.probabilities(test.images) for one in found])
    votes = {"soft voting": soft_vote(members), "hard voting": hard_vote(members)}
    shares = {one.folder.name: chances for one, chances in zip(found, members, strict=True)}
    scores = {
        name: evaluate(chances, test.labels, test.class_names)
        for name, chances in (shares | votes).items()
    }
    name = f"ensemble-{digest([one.folder.name for one in found])}"
    folder = found[0].folder.parent / name
    settings = found[0].settings | {"name": "ensemble", "members": list(shares)}
    write_json(folder / "config.json", settings)
    with replacing(folder / "model.keras") as path:
        as_one_model([one.network for one in found]).save(path)
    result = found[0].result.model_copy(
        update={
            "scores": scores["soft voting"],
            "accuracy_at": {},
            "history": {},
            "steps": sum(one.result.steps for one in found),
            "seconds": sum(one.result.seconds for one in found),
        }
    )
    write_json(folder / "result.json", result.model_dump(mode="json"))
    return Voted({name: one.accuracy for name, one in scores.items()}, folder)
