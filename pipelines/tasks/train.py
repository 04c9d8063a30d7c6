"""The task that trains a classifier."""

from typing import ClassVar

from classifiers.models.registry import added_models
from groundwork.settings import Result
from pipelines.augment.registry import added_augmentations
from pipelines.identity import source_version
from pipelines.recipes.recipe import Arm
from pipelines.tasks.base import Task
from pipelines.tasks.results import TrainTaskResult
from pipelines.workspace import Kind


class TrainTask(Task):
    """Train the classifier of one arm on one instance, and test it once."""

    kind: ClassVar[Kind] = "train"
    work_module: ClassVar[str] = "pipelines.tasks.work.train"
    result_type: ClassVar[type[Result]] = TrainTaskResult

    arm: Arm
    bank: str | None
    """Folder of the generators under outputs/, for an arm that mixes their images in."""
    further: str | None = None
    """File of further real images under outputs/, for an arm that mixes those in."""

    @property
    def effort(self) -> int:
        """Epochs, of all members of an ensemble."""
        return self.arm.train.epochs * (self.arm.train.folds or self.arm.train.members)

    def added_code(self) -> dict[str, str]:
        """Return a digest of the user's own model and augmentations, where this arm names them."""
        model = self.arm.train.model.lower()
        used = {name: one for name, one in added_models().items() if name.lower() == model}
        texts = self.arm.augment, self.arm.mix.copy_augment
        used |= {
            name: one
            for name, one in added_augmentations().items()
            if any(name in text for text in texts)
        }
        return {name: source_version(one) for name, one in used.items()}
