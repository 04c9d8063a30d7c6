"""The task that times a few steps of an arm, before anything long of it is begun."""

from typing import ClassVar

from groundwork.settings import Result
from pipelines.tasks.train import TrainTask
from pipelines.workspace import Kind


class Pace(Result):
    """How long an arm takes, from a few of its steps."""

    start: float
    """Seconds until the first step: building, compiling, reading weights."""
    an_image: float
    """Seconds for an image of an epoch; of a frozen backbone, for its features."""
    seconds: float
    """What the timing took."""


class PaceTask(TrainTask):
    """Time a few steps of the classifier of one arm on some images of one instance."""

    kind: ClassVar[Kind] = "pace"
    work_module: ClassVar[str] = "pipelines.tasks.work.pace"
    result_type: ClassVar[type[Result]] = Pace

    moment: str
    """When it was asked for: how long a step takes depends on what else runs."""

    @property
    def effort(self) -> int:
        """All of them are short."""
        return 1
