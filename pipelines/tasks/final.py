"""The tasks that make the classifier that is handed over: of all images, none left to test."""

from typing import ClassVar

from groundwork.settings import Result
from pipelines.tasks.base import Task
from pipelines.tasks.results import FinalTaskResult
from pipelines.tasks.train import TrainTask
from pipelines.workspace import Kind


class FinalTask(TrainTask):
    """Train the classifier of one arm on everything; what it is worth, others have shown."""

    work_module: ClassVar[str] = "pipelines.tasks.work.final"
    result_type: ClassVar[type[Result]] = FinalTaskResult


class JoinTask(Task):
    """Make one classifier of several that `FinalTask` trained: it answers by their vote."""

    kind: ClassVar[Kind] = "train"
    work_module: ClassVar[str] = "pipelines.tasks.work.join"
    result_type: ClassVar[type[Result]] = FinalTaskResult

    members: tuple[str, ...]
    """Names of the members' folders, which their hashes tell apart."""
    arms: tuple[str, ...]
    """What they are called."""

    @property
    def effort(self) -> int:
        """Classifiers that are joined."""
        return len(self.members)
