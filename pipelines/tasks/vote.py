"""The task that averages what trained classifiers answered to the test images of an instance."""

from typing import ClassVar

from groundwork.settings import Result
from pipelines.tasks.base import Task
from pipelines.tasks.results import TrainTaskResult
from pipelines.workspace import Kind


class VoteTask(Task):
    """Let classifiers of one instance vote softly, from the answers that they have given.

    Unlike `EnsembleTask` it asks nobody again and keeps no classifier: it says what an ensemble
    would be worth, at the cost of reading some files.
    """

    kind: ClassVar[Kind] = "train"
    work_module: ClassVar[str] = "pipelines.tasks.work.vote"
    result_type: ClassVar[type[Result]] = TrainTaskResult

    members: tuple[str, ...]
    """Names of the members' folders, which their hashes tell apart."""
    arms: tuple[str, ...]
    """What they are called."""

    @property
    def effort(self) -> int:
        """Classifiers that are read."""
        return len(self.members)
