"""What tasks leave behind: the typed content of their `result.json`."""

from pathlib import Path
from typing import Self

from classifiers.evaluation.scores import Evaluation
from classifiers.training.starts import Start
from groundwork.files import read_json
from groundwork.settings import Result
from pipelines.workspace import RESULT


class TrainTaskResult(Result):
    """One classifier trained on one instance and tested once."""

    scores: Evaluation
    """Of the final model on the test images."""
    accuracy_at: dict[int, float]
    """Test accuracy by epoch, for the epochs of `TrainConfig.evaluate_at` and the last one."""
    history: dict[str, list[float]]
    """Training curves by name (`loss`, `accuracy`), one value an epoch."""
    size: int = 0
    """Side of the images in pixels; 0 in results of older versions."""
    train_images: int
    """Distinct images in an epoch."""
    steps: int
    """Optimiser steps."""
    notes: list[str] = []
    """What a reader of the numbers has to know, e.g. how many samples it took to choose some."""
    start: Start | None = None
    """Whether the training started, and in which attempt; None in results of older versions."""
    flops: int = 0
    """Of its network for one image, as `classifiers.evaluation.cost` counts; 0 in results of older
    versions."""
    members: dict[str, float] = {}
    """Of an ensemble: test accuracy of each voter by its folder, then of both ways to vote."""
    epoch_seconds: list[float] = []
    """Wall time of each epoch, without validation and tests; of the first of several members. Empty
    of probes, of votes across arms, and in results of older versions."""
    startup_seconds: float | None = None
    """For building and compiling the network; None where that is not known."""
    kept_epoch: int = 0
    """Epoch whose weights the classifier has, counted from 1; of the first of several members. 0 of
    probes, of votes across arms, and in results of older versions."""
    effort: int
    """`Task.effort` of the task that made it: estimates of run time go by it."""
    seconds: float


class FinalTaskResult(Result):
    """One classifier trained on every image, and tested on none."""

    class_names: list[str]
    """In the order of its logits."""
    class_images: dict[str, int] = {}
    """Images of each class that it was trained on, in the same order."""
    history: dict[str, list[float]]
    """As in `TrainTaskResult`, like all that follows."""
    size: int
    train_images: int
    steps: int
    notes: list[str] = []
    start: Start | None = None
    effort: int
    seconds: float

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what a finished task has left in its folder."""
        return cls.model_validate(read_json(folder / RESULT))


class GanTaskResult(Result):
    """One generator, trained on one class of one instance."""

    class_name: str
    images: int
    """Images that it was trained on: real ones, and what `gan.expand` makes of them."""
    steps: int
    """Where the training ended: before `GanConfig.steps` if it stalled or broke down."""
    kept_step: int = 0
    """Whose generator was kept; 0 in results of older versions."""
    restarts: int = 0
    """How often it collapsed and went back."""
    warnings: list[str] = []
    """What looked like a collapse when no restart was left."""
    history: dict[str, list[float]]
    """Curves by name (`d_loss`, `g_loss`, …); `step` holds the step of each point."""
    files: dict[str, str] = {}
    """SHA-256 digests of what a bank takes of it, by path below its folder: what was damaged since
    is told by them. Empty in results of older versions."""
    effort: int
    """As in `TrainTaskResult`."""
    seconds: float
    """Wall time, in all processes that had a part in it."""

    def __str__(self) -> str:
        """Return one line: what was trained, how far, and what was kept."""
        parts = [f"{self.steps:,} steps", f"step {self.kept_step:,} kept"]
        if self.restarts:
            parts.append(f"{self.restarts} restart" + "s" * (self.restarts > 1))
        return "; ".join([f"{self.class_name}: " + ", ".join(parts), *self.warnings])
