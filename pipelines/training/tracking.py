"""Following a training from outside: TensorBoard always, Weights & Biases on demand.

`tensorboard --logdir outputs/train` shows the curves of every training as they grow, by epoch and,
with `train.log_every`, by batch; images that it learns from; and, at the end, its scores on the
test images, F1 by class among them, its confusion matrix, and its most confident mistakes.
"""

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from classifiers.evaluation.failures import failures
from classifiers.evaluation.scores import Evaluation
from pipelines.data.images import Images
from pipelines.errors import InputError

SHOWN = 12
"""Pictures of a kind."""
CELL = 16
"""Pixels a side of a cell of the confusion matrix."""


class Tracker(keras.callbacks.Callback):  # type: ignore[misc]
    """Passes the numbers of every epoch, and pictures at the end, to those who watch.

    A context manager: what was passed on is written when it ends, by an error too.

    Parameters
    ----------
    folder
        Of the task; events go to its folder `tensorboard`, and those of an earlier, unfinished run
        are removed.
    wandb_project
        Project of Weights & Biases that gets the same; None for none.
    settings
        What the run was made with, for Weights & Biases.
    log_every
        Steps after which, or sooner, their mean loss and accuracy are passed on as `batch_loss` and
        `batch_accuracy`; 0 for epochs alone. Weights & Biases then counts by steps, not by epochs.

    Raises
    ------
    InputError
        If Weights & Biases is asked for and not installed.
    """

    def __init__(
        self,
        folder: Path,
        wandb_project: str | None,
        settings: Mapping[str, Any],
        log_every: int = 0,
    ) -> None:
        super().__init__()
        self._log_every = log_every
        self._steps = 0
        self._run = None
        if wandb_project is not None:
            self._run = _wandb().init(
                project=wandb_project, name=folder.name, dir=str(folder), config=dict(settings)
            )
        events = folder / "tensorboard"
        shutil.rmtree(events, ignore_errors=True)
        self._writer = tf.summary.create_file_writer(str(events))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._writer.close()
        if self._run is not None:
            self._run.finish(exit_code=0 if kind is None else 1)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin to count the steps of an epoch."""
        self._done = 0
        self._sums: dict[str, float] = {}

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Pass on means of the last steps, of which Keras tells those since the epoch began."""
        if not self._log_every:
            return
        done = batch + 1
        sums = {name: done * float((logs or {})[name]) for name in ("loss", "accuracy")}
        new = done - self._done
        means = {
            f"batch_{name}": (total - self._sums.get(name, 0.0)) / new
            for name, total in sums.items()
        }
        self._steps += new
        self._done, self._sums = done, sums
        self.scalars(means, self._steps)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Pass on loss, accuracy, learning rate and validation scores of one epoch."""
        self.scalars({name: float(value) for name, value in (logs or {}).items()}, epoch + 1)

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Pass on numbers."""
        joined = Summary()
        for name, value in values.items():
            joined.MergeFrom(scalar_pb(name, value))
        with self._writer.as_default():  # in one go: an operation for each would take longer
            tf.summary.experimental.write_raw_pb(joined.SerializeToString(), step=step)
        self._writer.flush()  # who watches sees them now
        if self._run is not None:
            self._run.log(dict(values), step=self._steps or step)

    def samples(self, images: Images, name: str) -> None:
        """Pass on a few images that are trained on, of each class in turn."""
        few = images.in_turn().select(range(min(SHOWN, len(images))))
        captions = [few.class_names[label] for label in few.labels]
        self._pictures(name, few.pixels, captions, 0)

    def _pictures(
        self, name: str, pictures: NDArray[np.uint8], captions: list[str], step: int
    ) -> None:
        # The bare pixels: a drawn sheet takes longer than a small training.
        listed = "\n".join(f"{i}. {caption}" for i, caption in enumerate(captions, start=1))
        with self._writer.as_default():
            tf.summary.image(name, pictures, step=step, max_outputs=SHOWN, description=listed)
        if self._run is not None:
            pairs = zip(pictures, captions, strict=True)
            shown = [_wandb().Image(picture, caption=caption) for picture, caption in pairs]
            self._run.log({name: shown}, step=self._steps or step)

    def _confusion(
        self, test: Images, answers: NDArray[np.integer[Any]], scores: Evaluation, step: int
    ) -> None:
        """Pass on the confusion matrix: a picture of shares of each class, and the counts."""
        counts = np.array(scores.confusion)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        grey = np.kron(255 * (1 - shares), np.ones((CELL, CELL))).astype(np.uint8)
        names = [one.name for one in scores.per_class]
        rows = [["true \\ answer", *names], ["---"] * (len(names) + 1)]
        rows += [[name, *map(str, row)] for name, row in zip(names, counts, strict=True)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        with self._writer.as_default():
            tf.summary.image("confusion", grey[None, :, :, None], step=step, description=table)
        if self._run is not None:
            plot = _wandb().plot.confusion_matrix(
                y_true=test.labels.tolist(), preds=answers.tolist(), class_names=names
            )
            self._run.log({"confusion": plot}, step=self._steps or step)

    def finish(
        self, test: Images, probabilities: NDArray[np.float32], scores: Evaluation, step: int
    ) -> None:
        """Pass on the scores on test images, the confusion matrix, and the worst mistakes."""
        named = {"accuracy": scores.accuracy, "f1": scores.macro.f1}
        named |= {"precision": scores.macro.precision, "recall": scores.macro.recall}
        named |= {f"f1/{one.name}": one.f1 for one in scores.per_class}
        self.scalars({f"test_{name}": value for name, value in named.items()}, step)
        self._confusion(test, probabilities.argmax(axis=1), scores, step)
        worst = failures(probabilities, test.labels, SHOWN)
        names = test.class_names
        captions = [
            f"{names[one.label]}, taken for {names[one.predicted]} ({one.confidence:.0%})"
            for one in worst
        ]
        if worst:
            pictures = test.pixels[[one.index for one in worst]]
            self._pictures("failures", pictures, captions, step)


def _wandb() -> Any:
    if importlib.util.find_spec("wandb") is None:
        raise InputError(
            "train.wandb_project needs Weights & Biases: pip install 'ganaug[wandb]', "
            "or leave it out"
        )
    return importlib.import_module("wandb")
