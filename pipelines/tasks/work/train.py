"""The work of a `TrainTask`: an arm on an instance, to a classifier that was tested once."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.errors import DivergedError
from classifiers.evaluation.cost import count_flops
from classifiers.evaluation.scores import Evaluation, evaluate
from classifiers.training.starts import Start
from ganaug.bank.bank import Bank
from groundwork.files import replacing, write_json
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.synthetic.origins import Synthetic, synthesise
from pipelines.tasks.base import Progress
from pipelines.tasks.predictions import write_predictions
from pipelines.tasks.results import TrainTaskResult
from pipelines.tasks.train import TrainTask
from pipelines.training.arm import fit_arm, trained_on
from pipelines.training.tracking import Tracker
from pipelines.training.ways import FittedArm
from pipelines.workspace import CONFIG, LAST_GOOD, MODEL, TEST, TRAIN, VALID, features_folder


def run(task: TrainTask, outputs: Path, folder: Path, progress: Progress) -> TrainTaskResult:
    """Gather the images, train, test, and save `model.keras` and its `predictions.npz`."""
    start = time.perf_counter()
    material = gather(task, outputs)
    test = Images.load(outputs / task.instance / TEST)
    config = task.arm.train
    settings = task.model_dump(mode="json")
    with Tracker(folder, config.wandb_project, settings, config.log_every) as tracker:
        fitted = fit(task, material, test, outputs, folder, tracker, progress)
        scores = _test(fitted, test, folder, tracker)
    save(task, fitted, folder)
    return TrainTaskResult(
        scores=scores,
        accuracy_at=fitted.fit.accuracy_at,
        history=fitted.fit.history,
        size=material.train.size[0],
        train_images=fitted.images,
        steps=fitted.fit.steps,
        flops=count_flops(fitted.fit.model),
        notes=[*material.notes, *of_folds(fitted.fit.left_out), *of_some(fitted.fit.start)],
        start=fitted.fit.start,
        epoch_seconds=list(fitted.fit.epoch_seconds),
        startup_seconds=fitted.fit.startup,
        kept_epoch=fitted.fit.kept_epoch,
        effort=task.effort,
        seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True)
class Material:
    """What an arm is trained from."""

    train: Images
    bank: Bank | None
    synthetic: Synthetic | None
    valid: Images | None = None
    watched: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know of the images that join the real ones."""
        return (*self.synthetic.notes, *self.seen) if self.synthetic else ()

    @property
    def seen(self) -> tuple[str, ...]:
        """Say where generators were trained on images that watch the training."""
        words = "the generators have seen the images that train.validation leaves out"
        return (words,) * bool(self.bank and self.watched)


def gather(task: TrainTask, outputs: Path) -> Material:
    """Read the real images and the generators, and make the images that join the real ones."""
    train = Images.load(outputs / task.instance / TRAIN)
    watching = outputs / task.instance / VALID
    valid = Images.load(watching) if watching.is_file() else None
    bank = Bank(outputs / task.bank) if task.bank else None
    synthetic = None
    if task.arm.mix.strategy != "none":
        synthetic = synthesise(
            task.arm.mix,
            train if valid is not None else trained_on(task.arm.train, train),
            task.arm.train.seed,
            bank=bank,
            further=Images.load(outputs / task.further) if task.further else None,
            cache=features_folder(outputs),
        )
    watched = valid is None and task.arm.train.validation > 0
    return Material(train, bank, synthetic, valid, watched)


def fit(
    task: TrainTask,
    material: Material,
    test: Images | None,
    outputs: Path,
    folder: Path,
    tracker: Tracker,
    progress: Progress,
) -> FittedArm:
    """Train; of a training that diverges the last good weights are kept.

    Without ``test`` nothing is tested.
    """
    tracker.samples(material.train, "real")
    if material.synthetic is not None:
        tracker.samples(material.synthetic.images, "joined")
    try:
        return fit_arm(
            task.arm,
            material.train,
            material.synthetic,
            test,
            valid=material.valid,
            cache=features_folder(outputs),
            bank=material.bank,
            callbacks=[tracker],
            progress=progress,
            scratch=folder,
        )
    except DivergedError as error:
        with replacing(folder / LAST_GOOD) as path:
            error.model.save(path)
        raise InputError(f"{error}; they lie in {folder / LAST_GOOD}") from error


def _test(fitted: FittedArm, test: Images, folder: Path, tracker: Tracker) -> Evaluation:
    """Score the classifier on the test images, once, and write down what it answered to each."""
    tested = fitted.fit.test_probabilities
    assert tested is not None  # there are test images
    scores = evaluate(tested, test.labels, test.class_names)
    write_predictions(folder, tested, test)
    tracker.finish(test, tested, scores, len(fitted.fit.history.get("loss", ())))
    return scores


def save(task: TrainTask, fitted: FittedArm, folder: Path) -> None:
    """Write the settings and the classifier."""
    write_json(folder / CONFIG, task.model_dump(mode="json"))
    with replacing(folder / MODEL) as path:
        fitted.fit.model.save(path)


def of_some(start: Start) -> list[str]:
    """Say that some classifiers of a vote never learned, which its accuracy may not show."""
    return [start.words] if start.failed and start.learned else []


def of_folds(accuracies: Sequence[float]) -> list[str]:
    """Say what a cross-validation found."""
    if not accuracies:
        return []
    mean, spread = 100 * statistics.mean(accuracies), 100 * statistics.stdev(accuracies)
    return [
        f"A vote of {len(accuracies)} classifiers, each right on {mean:.1f} ± {spread:.1f} % of "
        "the training images of the fold that it did not see."
    ]
