"""The task that trains a generator."""

from typing import ClassVar

from ganaug.config import GanConfig
from groundwork.settings import Result
from pipelines.tasks.base import Task
from pipelines.tasks.results import GanTaskResult
from pipelines.workspace import Kind


class GanTask(Task):
    """Train the generator of one class, or of all."""

    kind: ClassVar[Kind] = "gan"
    work_module: ClassVar[str] = "pipelines.tasks.work.gan"
    result_type: ClassVar[type[Result]] = GanTaskResult
    aside: ClassVar[frozenset[str]] = frozenset({"name", "instance", "label"})

    label: int | None
    """Which class of the instance; None: all of them, in one network."""
    images: str
    """Digest of those images: a generator serves every instance that holds the same ones."""
    config: GanConfig

    @property
    def effort(self) -> int:
        """Generator steps."""
        return self.config.steps
