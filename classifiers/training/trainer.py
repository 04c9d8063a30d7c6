"""One compiled network that trains many models of its architecture."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.errors import DivergedError, InputError
from classifiers.optim.losses import make_loss
from classifiers.optim.optimizers import make_optimizer, start_from
from classifiers.optim.schedules import Tabled, learning_rates, momenta, schedule_params
from classifiers.training.callbacks import (
    Diverged,
    FirstBadStep,
    Labelled,
    Progress,
    Report,
    StopEarly,
    StopWhenDiverged,
    TestAt,
    Validate,
)
from classifiers.training.clock import Clock
from classifiers.training.phases import rate_factors
from classifiers.training.starts import AT_ONCE, Start
from classifiers.training.state import build_metrics, copy_variables
from groundwork.compute import steps_per_execution

if TYPE_CHECKING:
    import tensorflow as tf

MAX_STEPS_PER_EXECUTION = 128
"""Steps between two looks at the keyboard: an execution cannot be interrupted."""


@dataclass(frozen=True)
class FitResult:
    """A trained model and how it got there.

    Attributes
    ----------
    model
        Uncompiled, so that a saved one holds no optimiser.
    history
        Curves with one value an epoch: `loss`, `accuracy` (of the training batches as augmented),
        `learning_rate`, and `val_loss`, `val_accuracy` where there are validation images.
    accuracy_at
        Test accuracy, 0..1, by epoch; empty without test images.
    test_probabilities
        Of the final model, float32 [N, K]; None without test images.
    steps
        Optimiser steps taken.
    seconds
        Wall time of training and testing.
    epoch_seconds
        Wall time of each epoch: its batches and steps, no validation or test.
    startup
        Seconds for building and compiling the network and starting its input, hardly any where a
        compiled one was kept; None where a training was too short to tell them apart.
    kept_epoch
        Epoch, counted from 1, whose weights the model has: the last one, or the best of those in
        which `patience` looked on; 0 where there was no training.
    left_out
        Accuracy, 0..1, of each classifier of a cross-validation on the fold it did not see.
    start
        Whether it learned, and in which attempt.
    """

    model: keras.Model
    history: dict[str, list[float]]
    accuracy_at: dict[int, float]
    test_probabilities: NDArray[np.float32] | None
    steps: int
    seconds: float
    epoch_seconds: tuple[float, ...] = ()
    startup: float | None = None
    kept_epoch: int = 0
    left_out: tuple[float, ...] = ()
    start: Start = AT_ONCE

    def built_in(self, seconds: float) -> "FitResult":
        """Return this result of a network that was built in so many seconds before."""
        if self.startup is None:
            return self
        return replace(self, startup=self.startup + seconds)


class Trainer:
    """Trains many models of one architecture, one after the other, with one compiled network.

    Building, tracing and compiling take longer than a training on a few dozen images; here they
    happen once. Each model comes out bit for bit as if it had been compiled and trained alone.

    Parameters
    ----------
    network
        A model of that architecture. The trainer compiles it and trains it in place of the models
        given to `fit`; its own weights do not matter.
    config
        Settings of every training; the model's name and the seed are not read.
    steps_per_epoch
        Batches that make one epoch.
    epochs
        Which epochs of the training to do, counted from 0; None for all.
    classes
        Where the network has more outputs than there are classes: these, to choose from when it is
        tested.
    """

    def __init__(
        self,
        network: keras.Model,
        config: TrainConfig,
        *,
        steps_per_epoch: int,
        epochs: range | None = None,
        classes: int | None = None,
    ) -> None:
        self._classes = classes
        self._network = network
        self._config = config
        self._steps_per_epoch = steps_per_epoch
        self._epochs = epochs or range(config.epochs)
        rates = learning_rates(config, steps_per_epoch)
        self._last_rates = rates[steps_per_epoch - 1 :: steps_per_epoch]
        own = slice(self._epochs.start * steps_per_epoch, self._epochs.stop * steps_per_epoch)
        rates, cycled = rates[own], momenta(config, steps_per_epoch)
        optimizer = make_optimizer(
            config,
            float(rates[0]) if np.ptp(rates) == 0 else Tabled(rates),
            network.trainable_variables,
            rate_factors(config, network),
            None if cycled is None else cycled[own],
        )
        if config.precision == "mixed_float16":  # or small gradients vanish
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
            optimizer.build(network.trainable_variables)
        most = MAX_STEPS_PER_EXECUTION
        network.compile(
            optimizer=optimizer,
            loss=make_loss(config.loss, **config.loss_params),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy"), FirstBadStep()],
            steps_per_execution=steps_per_execution(
                steps_per_epoch, min(config.log_every or most, most)
            ),
            jit_compile="auto",  # Keras leaves XLA off on a processor, where it is far slower
            auto_scale_loss=False,
        )
        build_metrics(network)
        self._optimizer_start = [ops.convert_to_numpy(v) for v in network.optimizer.variables]

    def fit(
        self,
        model: keras.Model,
        data: "tf.data.Dataset",
        *,
        test: Labelled | None = None,
        validation: Labelled | None = None,
        classifier: keras.Model | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        progress: Progress | None = None,
    ) -> FitResult:
        """Train `model` from the weights it has; `FitHooks` in `fitting` says what the rest is."""
        start = time.perf_counter()
        self._check_data(data)
        check_labels(classifier or model, test, "test")
        check_labels(classifier or model, validation, "validation")
        self._reset(model)
        tester = None
        if test:
            on_the_way = [n for n in self._config.evaluate_at if n != self._config.epochs]
            tester = TestAt(on_the_way, test, self._config.tta, classifier, self._classes)
        watcher = Validate(validation, classifier, self._classes) if validation else None
        clock = Clock()
        own = [clock, *self._callbacks(watcher, tester, progress)]
        try:
            history, kept = self._run(data, [*own, *callbacks])
        except Diverged as error:
            copy_variables(self._network, model)
            raise DivergedError(
                f"{error}: lower learning_rate ({self._config.learning_rate:g}) or set clip_norm",
                model,
            ) from error
        epochs = len(history["loss"])
        final = None
        if tester and self._is_last:
            final = tester.record(self._epochs.start + epochs)
        copy_variables(self._network, model)
        epoch_seconds, startup = clock.seconds()
        return FitResult(
            model=model,
            history=history,
            accuracy_at=tester.accuracy_at if tester else {},
            test_probabilities=final,
            steps=epochs * self._steps_per_epoch,
            seconds=time.perf_counter() - start,
            epoch_seconds=epoch_seconds,
            startup=startup,
            kept_epoch=kept,
        )

    @property
    def _is_last(self) -> bool:
        return self._epochs.stop == self._config.epochs

    def _check_data(self, data: "tf.data.Dataset") -> None:
        images, labels, *_ = data.element_spec  # weights may follow
        wanted, classes = self._network.input_shape[1:], self._network.output_shape[-1]
        if not images.shape[1:].is_compatible_with(wanted) or labels.shape[-1] != classes:
            raise InputError(
                f"batches of images {images.shape} and labels {labels.shape} do not fit a model of "
                f"images {(None, *wanted)} and {classes} classes"
            )
        batches, needed = int(data.cardinality()), self._steps_per_epoch * len(self._epochs)
        if 0 <= batches < needed:  # negative: endless, or not known
            raise InputError(f"{batches} batches, but {needed} steps to take: repeat the data")

    def _reset(self, model: keras.Model) -> None:
        """Give the network the model's state and the optimiser its first."""
        copy_variables(model, self._network)
        for variable, value in zip(
            self._network.optimizer.variables, self._optimizer_start, strict=True
        ):
            variable.assign(value)
        start_from(self._network.optimizer, self._network.trainable_variables)

    def _run(
        self, data: "tf.data.Dataset", callbacks: list[keras.callbacks.Callback]
    ) -> tuple[dict[str, list[float]], int]:
        """Train the network; return its curves, and the epoch whose weights it has."""
        history = self._network.fit(
            data,
            initial_epoch=self._epochs.start,
            epochs=self._epochs.stop,
            steps_per_epoch=self._steps_per_epoch,
            callbacks=callbacks,
            shuffle=False,  # the data comes shuffled
            verbose=0,
        ).history
        curves = {name: [float(value) for value in curve] for name, curve in history.items()}
        kept = self._epochs.start + len(curves["loss"])
        for callback in callbacks:
            if isinstance(callback, StopEarly):
                self._network.set_weights(callback.best)
                kept = callback.best_epoch + 1
        return curves, kept

    def _callbacks(
        self, watcher: Validate | None, tester: TestAt | None, progress: Progress | None
    ) -> list[keras.callbacks.Callback]:
        """Return the callbacks in the order that they need each other's logs."""
        config = self._config
        monitor = "val_loss" if watcher else "loss"
        chosen: list[keras.callbacks.Callback] = [StopWhenDiverged()]
        if watcher:
            chosen.append(watcher)
        if tester:
            chosen.append(tester)
        if config.patience and self._is_last:
            chosen.append(StopEarly(monitor, config.patience))
        scheduled = np.ptp(self._last_rates) > 0
        chosen.append(Report(progress, config.epochs, self._last_rates if scheduled else None))
        if config.schedule == "plateau":
            chosen.append(
                keras.callbacks.ReduceLROnPlateau(monitor=monitor, **schedule_params(config))
            )
        return chosen


def check_labels(model: keras.Model, images: Labelled | None, name: str) -> None:
    """Raise InputError unless the labels are one an image, of the model's classes."""
    if images is None:
        return
    classes = model.output_shape[-1]
    labels = np.asarray(images[1])
    if len(labels) != len(images[0]) or not len(labels):
        raise InputError(
            f"{len(images[0])} {name} images and {len(labels)} labels: give one label an image"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise InputError(
            f"{name} labels lie in {labels.min()}..{labels.max()}: a model of {classes} classes "
            f"takes 0..{classes - 1}"
        )
