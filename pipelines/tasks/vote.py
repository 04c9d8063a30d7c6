"""The task that joins what trained classifiers answered to the test images of an instance."""

from typing import ClassVar

from groundwork.settings import Result
from pipelines.recipes.ensemble import Vote
from pipelines.tasks.base import Task
from pipelines.tasks.results import TrainTaskResult
from pipelines.workspace import Kind


class VoteTask(Task):
    """Let classifiers of one instance vote, from the answers that they have given.

    Unlike `EnsembleTask` it asks nobody again: it says what an ensemble is worth, at the cost of
    reading some files.
    """

    kind: ClassVar[Kind] = "train"
    work_module: ClassVar[str] = "pipelines.tasks.work.vote"
    result_type: ClassVar[type[Result]] = TrainTaskResult

    members: tuple[str, ...]
    """Names of the members' folders, which their hashes tell apart."""
    arms: tuple[str, ...]
    """What they are called."""
    vote: Vote = "soft"
    """How they vote."""
    others: tuple[tuple[str, ...], ...] = ()
    """Folders of each member's arm on the other instances, by which votes may be weighted."""
    kept: bool = False
    """Whether the vote is kept as one classifier, beside its members' classifiers."""

    @property
    def effort(self) -> int:
        """Classifiers that are read."""
        return len(self.members)
