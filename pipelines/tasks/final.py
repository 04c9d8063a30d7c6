"""The task that trains the classifier that is handed over: on all images, none left to test."""

from typing import ClassVar

from groundwork.settings import Result
from pipelines.tasks.results import FinalTaskResult
from pipelines.tasks.train import TrainTask


class FinalTask(TrainTask):
    """Train the classifier of one arm on everything; what it is worth, others have shown."""

    work_module: ClassVar[str] = "pipelines.tasks.work.final"
    result_type: ClassVar[type[Result]] = FinalTaskResult
