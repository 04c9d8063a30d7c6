"""Tasks: one GAN of one class, or one training of one arm, each run once and never again.

A task is a frozen record of its settings. Its folder, `outputs/<kind>/<name>-<hash>/`, is named
by the hash of those settings, of the images' content and of the code; `result.json` appears in it
last, so a folder that has one is finished.
"""

import statistics
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from ganaug.config import GanConfig
from ganaug.files import read_json, replacing, write_json
from pipelines import runtime
from pipelines.errors import InputError
from pipelines.identity import code_version, digest, slug
from pipelines.recipe import Arm, Settings
from pipelines.results import GanResult, Result, TrainResult

LAST_GOOD = "last-good.keras"
"""What a training leaves whose loss was no longer finite."""
EVERY_CLASS = "every class"
"""Stands for the class of a generator of all classes."""
Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""


class Task(Settings):
    """One pure call: the same settings, images and code give the same result."""

    kind: ClassVar[str]
    code: ClassVar[tuple[str, ...]]
    """Packages and modules whose change makes an old result invalid."""
    aside: ClassVar[frozenset[str]] = frozenset({"name"})
    """Fields that do not count in the identity."""
    result_type: ClassVar[type[Result]]

    name: str
    """For people: part of the folder's name, not of the identity."""
    instance: str
    """Folder of the instance under outputs/, named by the content of its images."""

    @property
    @abstractmethod
    def effort(self) -> int:
        """How much work it is, in units that are comparable within a kind."""

    def folder(self) -> Path:
        """Return the task's folder, relative to outputs/."""
        settings = self.model_dump(mode="json", exclude=set(self.aside))
        identity = digest([self.kind, settings, code_version(*self.code)])
        return Path(self.kind) / f"{slug(self.name)}-{identity}"

    def result(self, outputs: Path) -> Any | None:
        """Return the finished result, or None."""
        path = outputs / self.folder() / "result.json"
        if not path.is_file():
            return None
        try:
            return self.result_type.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise InputError(f"{path} is damaged: delete its folder to run it again") from error

    def run(self, outputs: Path, folder: Path, progress: Progress) -> None:
        """Do the work and write the result, last.

        Parameters
        ----------
        outputs
            The folder that holds the tasks' folders.
        folder
            This task's, relative to ``outputs``, as the process that planned it named it.
        progress
            Called as the work goes on.
        """
        result = self.work(outputs, outputs / folder, progress)
        write_json(outputs / folder / "result.json", result.model_dump(mode="json"))

    @abstractmethod
    def work(self, outputs: Path, folder: Path, progress: Progress) -> Result:
        """Do the work; settings (`config.json`), pictures and models go into ``folder``."""


class GanTask(Task):
    """Train the generator of one class, or of all."""

    kind: ClassVar[str] = "gan"
    code: ClassVar[tuple[str, ...]] = (
        "ganaug",
        "classifiers/efficientnet_lite.py",
        "pipelines/judges.py",
    )
    result_type: ClassVar[type[Result]] = GanResult

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

    def work(self, outputs: Path, folder: Path, progress: Progress) -> GanResult:
        """Train it; the folder then holds a generator that `ganaug.Bank` can use."""
        runtime.prepare()
        import ganaug
        from classifiers.efficientnet_lite import feature_pyramid
        from pipelines.images import Images
        from pipelines.judges import KidToTraining

        config = self.config
        train = Images.load(outputs / self.instance / "train.npz")
        images, class_name = train.images, EVERY_CLASS
        if self.label is not None:
            images, class_name = train.of_class(self.label), train.class_names[self.label]
        labels = train.labels if config.scope == "conditional" else None
        start = time.perf_counter()
        options: dict[str, Any] = {
            "progress": progress,
            "backbone": partial(feature_pyramid, config.backbone, config.backbone_size),
            "quality": KidToTraining.of(images, config.judge, labels) if config.judge else None,
        }
        prepared = time.perf_counter() - start
        if labels is not None:
            names = train.class_names
            history = ganaug.train_classes(images, labels, names, config, folder, **options)
        else:
            history = ganaug.train(images, config, folder, class_name=class_name, **options)
        record = read_json(folder / "record.json")
        return GanResult(
            class_name=class_name,
            images=len(images),
            steps=int(history["step"][-1]),
            kept_step=record["kept_step"],
            restarts=len(record["restarts"]),
            warnings=[f"step {step}: {reason}" for step, reason in record["warnings"]],
            history=history,
            effort=self.effort,
            seconds=prepared + record["seconds"],
        )


class TrainTask(Task):
    """Train the classifier of one arm on one instance, and test it once."""

    kind: ClassVar[str] = "train"
    code: ClassVar[tuple[str, ...]] = (
        "classifiers",
        "pipelines/augment",
        "pipelines/choosing.py",
        "pipelines/disclosure.py",
        "pipelines/judges.py",
        "pipelines/expand",
        "pipelines/mixing",
        "pipelines/stream.py",
        "pipelines/splits.py",
        "pipelines/training.py",
    )
    result_type: ClassVar[type[Result]] = TrainResult

    arm: Arm
    bank: str | None
    """Folder of the generators under outputs/, for an arm that mixes their images in."""
    further: str | None = None
    """File of further real images under outputs/, for an arm that mixes those in."""

    @property
    def effort(self) -> int:
        """Epochs, of all members of an ensemble."""
        return self.arm.train.epochs * (self.arm.train.folds or self.arm.train.members)

    def work(self, outputs: Path, folder: Path, progress: Progress) -> TrainResult:
        """Train, test, and save `model.keras`."""
        runtime.prepare()
        import classifiers
        from ganaug import Bank
        from pipelines.images import Images
        from pipelines.mixing import synthesise
        from pipelines.tracking import Tracker
        from pipelines.training import fit_arm

        start = time.perf_counter()
        train = Images.load(outputs / self.instance / "train.npz")
        test = Images.load(outputs / self.instance / "test.npz")
        config = self.arm.train
        synthetic = None
        bank = Bank(outputs / self.bank) if self.bank else None
        if self.arm.mix.strategy != "none":
            synthetic = synthesise(
                self.arm.mix,
                train,
                config.seed,
                bank=bank,
                further=Images.load(outputs / self.further) if self.further else None,
                cache=outputs / "features",
            )
        with Tracker(folder, config.wandb_project, self.model_dump(mode="json")) as tracker:
            tracker.samples(train, "real")
            if synthetic is not None:
                tracker.samples(synthetic.images, "joined")
            try:
                fitted, seen = fit_arm(
                    self.arm,
                    train,
                    synthetic,
                    test,
                    cache=outputs / "features",
                    bank=bank,
                    callbacks=[tracker],
                    progress=progress,
                )
            except classifiers.DivergedError as error:
                with replacing(folder / LAST_GOOD) as path:
                    error.model.save(path)
                raise InputError(f"{error}; they lie in {folder / LAST_GOOD}") from error
            assert fitted.test_probabilities is not None  # there are test images
            scores = classifiers.evaluate(fitted.test_probabilities, test.labels, train.class_names)
            epochs = len(fitted.history.get("loss", ()))
            tracker.finish(test, fitted.test_probabilities, scores.accuracy, epochs)
        write_json(folder / "config.json", self.model_dump(mode="json"))
        with replacing(folder / "model.keras") as path:
            fitted.model.save(path)
        return TrainResult(
            scores=scores,
            accuracy_at=fitted.accuracy_at,
            history=fitted.history,
            train_images=seen,
            steps=fitted.steps,
            notes=[*(synthetic.notes if synthetic else ()), *_of_folds(fitted.left_out)],
            effort=self.effort,
            seconds=time.perf_counter() - start,
        )


def _of_folds(accuracies: Sequence[float]) -> list[str]:
    """Say what a cross-validation found."""
    if not accuracies:
        return []
    mean, spread = 100 * statistics.mean(accuracies), 100 * statistics.stdev(accuracies)
    return [
        f"A vote of {len(accuracies)} classifiers, each right on {mean:.1f} ± {spread:.1f} % of "
        "the training images of the fold that it did not see."
    ]
