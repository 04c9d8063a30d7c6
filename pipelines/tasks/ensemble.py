"""The task that joins trained classifiers into one that votes."""

from pathlib import Path
from typing import ClassVar

from groundwork.settings import Result
from pipelines.tasks.base import Task
from pipelines.tasks.results import TrainTaskResult
from pipelines.workspace import Kind


class EnsembleTask(Task):
    """Let classifiers of one instance vote, softly and by majority, and keep the former."""

    kind: ClassVar[Kind] = "train"
    work_module: ClassVar[str] = "pipelines.tasks.work.ensemble"
    result_type: ClassVar[type[Result]] = TrainTaskResult
    aside: ClassVar[frozenset[str]] = frozenset({"name", "folders"})

    members: tuple[str, ...]
    """Names of the members' folders, which their hashes tell apart."""
    folders: tuple[Path, ...]
    """Where those folders are."""

    @property
    def effort(self) -> int:
        """Classifiers that are asked."""
        return len(self.members)
