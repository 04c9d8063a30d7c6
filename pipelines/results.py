"""What tasks and studies leave behind: the typed content of every `result.json`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from classifiers.evaluation import Evaluation


class Result(BaseModel):
    """A record that is written once and read by reports and comparisons."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TrainResult(Result):
    """One classifier trained on one instance and tested once."""

    scores: Evaluation
    """Of the final model on the test images."""
    accuracy_at: dict[int, float]
    """Test accuracy by epoch, for the epochs of `TrainConfig.evaluate_at` and the last one."""
    history: dict[str, list[float]]
    """Training curves by name (`loss`, `accuracy`), one value an epoch."""
    train_images: int
    """Distinct images in an epoch."""
    steps: int
    """Optimiser steps."""
    notes: list[str] = []
    """What a reader of the numbers has to know, e.g. how many samples it took to choose some."""
    effort: int
    """`Task.effort` of the task that made it: estimates of run time go by it."""
    seconds: float


class GanResult(Result):
    """One generator, trained on one class of one instance."""

    class_name: str
    images: int
    """Real images that it was trained on."""
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
    effort: int
    """As in `TrainResult`."""
    seconds: float
    """Wall time, in all processes that had a part in it."""

    def __str__(self) -> str:
        """Return one line: what was trained, how far, and what was kept."""
        parts = [f"{self.steps:,} steps", f"step {self.kept_step:,} kept"]
        if self.restarts:
            parts.append(f"{self.restarts} restart" + "s" * (self.restarts > 1))
        return "; ".join([f"{self.class_name}: " + ", ".join(parts), *self.warnings])


class Run(Result):
    """A finished task of a study and where it lies."""

    instance: int
    """Which instance, counted from 0."""
    folder: Path
    """Task folder, relative to the outputs folder: `result.json`, pictures, model."""


class TrainRun(Run):
    """A classifier of one arm."""

    arm: str
    result: TrainResult


class GanRun(Run):
    """A generator; its folder holds `grid.png` and `grids/step-*.png`."""

    result: GanResult


class InstanceRecord(Result):
    """Which images an instance drew."""

    seed: int
    classes: list[str]
    train_images: int
    test_images: int
    notes: list[str] = []
    """What differs from what was asked for, e.g. fewer test images."""


class StudyResult(Result):
    """A whole comparison: every arm on every instance."""

    name: str
    title: str
    command: str
    """The shell command that repeats it."""
    machine: str
    """Processor, cores and library versions."""
    source: str
    """The data set, in words."""
    seconds: dict[str, float]
    """Wall time by part: data, gan, classify, …"""
    recipe: dict[str, object]
    """The resolved settings."""
    published: dict[str, dict[str, str]] = {}
    """Published figures as printed, by arm and epoch (`final`: the last one)."""
    instances: list[InstanceRecord]
    arms: list[str]
    """Names, the reference arm first."""
    gans: list[GanRun]
    trainings: list[TrainRun]
