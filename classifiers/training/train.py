"""Training a classifier: built from a seed, in one phase or several."""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypedDict, Unpack

import keras
import numpy as np
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.inference.probabilities import as_floats
from classifiers.models.fast import whiten
from classifiers.models.registry import build_model
from classifiers.models.standard import standardised
from classifiers.training.callbacks import Labelled, Progress
from classifiers.training.phases import model_params, phases
from classifiers.training.trainer import FitResult, Trainer
from groundwork.compute import default_precision

if TYPE_CHECKING:
    import tensorflow as tf


class Wrap(Protocol):
    """Makes the network that trains in a model's place, and shares its weights."""

    def __call__(self, model: keras.Model, /, *, first_step: int) -> keras.Model:
        """Return it; the training has taken ``first_step`` steps so far."""


class FitHooks(TypedDict, total=False):
    """What looks on while a model is trained."""

    test: Labelled | None
    """Images and labels for the accuracy at `config.evaluate_at` and at the end; they influence
    nothing."""
    validation: Labelled | None
    """Images and labels for early stopping and for `plateau`."""
    callbacks: Sequence[keras.callbacks.Callback]
    """Further Keras callbacks; they see the validation scores in their logs."""
    progress: Progress | None
    """Called after each epoch with the epochs done and the epochs in all."""


def new_model(config: TrainConfig, input_shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Build the configured model with the weights of its seed, in its precision."""
    keras.utils.set_random_seed(config.seed)
    with default_precision(config.precision):
        return build_model(config.model, input_shape, classes, **model_params(config))


def train(
    data: "tf.data.Dataset",
    config: TrainConfig,
    *,
    input_shape: tuple[int, int, int],
    classes: int,
    steps_per_epoch: int,
    real: NDArray[np.uint8] | None = None,
    standardise: bool = False,
    wrap: Wrap | None = None,
    **hooks: Unpack[FitHooks],
) -> FitResult:
    """Build the configured model and train it.

    The compiled network is kept for the next training in this process that differs in its seed or
    images only: of 50 small trainings, 49 need not be traced.

    Parameters
    ----------
    data
        Endless batches of (float32 image in 0..1, one-hot float32 label).
    config
        Every setting.
    input_shape
        Height, width and channels of the images.
    classes
        Number of classes.
    steps_per_epoch
        Batches that make one epoch.
    real
        The training images, uint8 [N, H, W, C], for a network whose first layer whitens or
        standardises them.
    standardise
        Give the network a first layer that brings images to the mean 0 and the deviation 1 of
        ``real``, which must be given; only a network that is not pre-trained wants it.
    wrap
        Makes the network that is trained in place of the model, with the same weights: for instance
        one that augments in its training step.
    **hooks
        `test`, `validation`, `callbacks` and `progress`: see `FitHooks`.

    Raises
    ------
    InputError
        For settings that do not work together, or a loss that is not finite.
    """
    began = time.perf_counter()
    model = new_model(config, input_shape, classes)
    if standardise:
        if real is None:
            raise ValueError("standardise=True needs the training images: give real")
        model = standardised(model, as_floats(real))
    if real is not None:
        whiten(model, as_floats(real))
    if config.frozen_epochs or config.thaw_every or wrap:
        built = time.perf_counter() - began
        fitted = fit(model, data, config, steps_per_epoch=steps_per_epoch, wrap=wrap, **hooks)
        return fitted.built_in(built)
    settings = config.model_copy(update={"seed": 0}).model_dump_json()
    trainer = _kept_trainer(settings, input_shape, classes, steps_per_epoch, standardise)
    built = time.perf_counter() - began
    return trainer.fit(model, data, **hooks).built_in(built)


@lru_cache(maxsize=4)
def _kept_trainer(
    settings: str,
    input_shape: tuple[int, int, int],
    classes: int,
    steps_per_epoch: int,
    standardise: bool,
) -> "Trainer":
    config = TrainConfig.model_validate_json(settings)
    network = new_model(config, input_shape, classes)
    if standardise:  # by what does not matter: each model brings its own mean and deviation
        network = standardised(network, np.zeros((1, *input_shape), np.float32))
    return Trainer(network, config, steps_per_epoch=steps_per_epoch)


def fit(
    model: keras.Model,
    data: "tf.data.Dataset",
    config: TrainConfig,
    *,
    steps_per_epoch: int,
    wrap: Wrap | None = None,
    **hooks: Unpack[FitHooks],
) -> FitResult:
    """Train a model that is built already, and stays uncompiled; parameters as in `train`.

    Each phase of a fine-tuning begins with a fresh optimiser, because it trains other weights, and
    goes on in the data where the one before it ended.
    """
    done: list[FitResult] = []
    for phase in phases(config, model):
        began = time.perf_counter()
        phase.prepare(model)
        first_step = phase.epochs.start * steps_per_epoch
        if wrap:
            shadow = wrap(model, first_step=first_step)
        else:
            shadow = keras.Model(model.inputs[0], model.outputs[0])
        trainer = Trainer(
            shadow, phase.config, steps_per_epoch=steps_per_epoch, epochs=phase.epochs
        )
        built = time.perf_counter() - began
        done.append(trainer.fit(model, data.skip(first_step), **hooks).built_in(built))
    return _joined(done)


def _joined(parts: Sequence[FitResult]) -> FitResult:
    """Put the phases of one training together."""
    known = [part.startup for part in parts if part.startup is not None]
    return FitResult(
        model=parts[-1].model,
        history={
            name: [value for part in parts for value in part.history[name]]
            for name in parts[-1].history
        },
        accuracy_at={
            epoch: fraction for part in parts for epoch, fraction in part.accuracy_at.items()
        },
        test_probabilities=parts[-1].test_probabilities,
        steps=sum(part.steps for part in parts),
        seconds=sum(part.seconds for part in parts),
        epoch_seconds=tuple(one for part in parts for one in part.epoch_seconds),
        startup=sum(known) if len(known) == len(parts) else None,
    )
