"""What a comparison leaves behind: the typed content of its `result.json`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from groundwork.settings import Result
from pipelines.data.instances import InstanceRecord
from pipelines.data.overlap import Overlap
from pipelines.tasks.results import FinalTaskResult, GanTaskResult, TrainTaskResult


class Run(Result):
    """A finished task of a comparison and where it lies."""

    instance: int
    """Which instance, counted from 0."""
    folder: Path
    """Task folder, relative to the outputs folder: `result.json`, pictures, model."""


class TrainRun(Run):
    """A classifier of one arm."""

    arm: str
    seed: int = 0
    """Which of the arm's trainings on this instance, counted from 0: they differ in their seed."""
    result: TrainTaskResult


class PartRun(TrainRun):
    """A classifier of one arm, trained on a part of an instance's training images."""

    fraction: float
    """Of the instance's training images."""
    per_class: float
    """Training images of a class, mean over the classes."""


class GanRun(Run):
    """A generator; its folder holds `grid.png` and `grids/step-*.png`."""

    result: GanTaskResult


class FailedRun(Result):
    """A task of a comparison that did not succeed, while others did."""

    instance: int
    """As in `Run`."""
    arm: str
    """Empty for a generator."""
    name: str
    """Of the task."""
    reason: str
    """In a line."""


class ComparisonResult(Result):
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
    overlap: Overlap | None = None
    """What the instances share; None in a comparison from before that was written down."""
    arms: list[str]
    """Names, the reference arm first."""
    gans: list[GanRun]
    trainings: list[TrainRun]
    parts: list[PartRun] = []
    """Trainings on growing parts of the images, for a learning curve."""
    left: dict[str, str] = {}
    """Why arms were not tried to the end, by name."""
    failed: list[FailedRun] = []
    """What did not succeed; the reasons stand in `left` too, by arm."""
    dropped: list[str] = []
    """Those of them that were shown to be worse than the best by then."""
    more: list[str] = []
    """What stayed open and what more time would buy, in sentences."""
    checked: list[str] = []
    """What a quick check of the images found, in lines."""
    pictures: str = ""
    """Stands for the pictures of its first instance; empty where that was not written down."""
    handed_over: bool = False
    """Whether a classifier was trained on all images: the page then begins with the advice."""
    announced: tuple[float, float, float] | None = None
    """What to expect of the arm to take, 0..1, and the ends of its 95 % interval."""
    all_images: int = 0
    """How many those were; 0 where that was not written down."""

    @property
    def correlation(self) -> float:
        """The correlation of two instances because they share images, 0..1."""
        return self.overlap.correlation if self.overlap else 0.0


def accuracies_of(trainings: Sequence[TrainRun]) -> dict[str, dict[int, float]]:
    """Return test accuracies by arm and instance, seeds averaged."""
    found: dict[str, dict[int, list[float]]] = {}
    for run in trainings:
        own = found.setdefault(run.arm, {}).setdefault(run.instance, [])
        own.append(run.result.scores.accuracy)
    return {
        arm: {i: float(np.mean(values)) for i, values in own.items()} for arm, own in found.items()
    }


def failures_of(
    arms: Sequence[str], failed: Sequence[FailedRun], trainings: Sequence[TrainRun]
) -> dict[str, str]:
    """Say of each arm on how many instances it failed, of those it was tried on, and why first."""
    said = {}
    for arm in arms:
        own = [one for one in failed if one.arm == arm]
        if own:
            lost = {one.instance for one in own}
            tried = lost | {run.instance for run in trainings if run.arm == arm}
            several = "instances" if len(tried) > 1 else "instance"
            said[arm] = f"failed on {len(lost)} of {len(tried)} {several}: {own[0].reason}"
    return said


def images_of(final: FinalTaskResult) -> int:
    """Return how many images a classifier was trained on, without what was made of them."""
    return sum(final.class_images.values()) or final.train_images
