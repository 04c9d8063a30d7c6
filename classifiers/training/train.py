"""Training a classifier: built from a seed, in one phase or several."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypedDict, Unpack

import keras
import numpy as np
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.errors import InputError
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
    classifier: keras.Model | None
    """What is tested and validated in place of the model, where that is trained on other labels;
    it shares the model's weights."""
    callbacks: Sequence[keras.callbacks.Callback]
    """Further Keras callbacks; they see the validation scores in their logs."""
    progress: Progress | None
    """Called after each epoch with the epochs done and the epochs in all."""


def new_model(config: TrainConfig, input_shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Build the configured model with the weights of its seed, in its precision.

    Raises
    ------
    InputError
        If it is to have less outputs than classes, and as `build_model` does.
    """
    if 0 < config.outputs < classes:
        raise InputError(f"train.outputs={config.outputs} for {classes} classes: give more, or 0")
    keras.utils.set_random_seed(config.seed)
    with default_precision(config.precision):
        outputs = config.outputs or classes
        return build_model(config.model, input_shape, outputs, **model_params(config))


def of_classes(result: FitResult, classes: int) -> FitResult:
    """Return a training whose model has one output a class: the first ones of those it has."""
    model = result.model
    last = model.get_layer("logits")
    if last.units == classes:
        return result
    narrow = keras.layers.Dense.from_config(last.get_config() | {"units": classes})
    outputs = narrow(last.input)
    narrow.set_weights([values[..., :classes] for values in last.get_weights()])
    return replace(result, model=keras.Model(model.inputs[0], outputs, name=model.name))


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
        Endless batches of (float32 image in 0..1, float32 label, one-hot or mixed).
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
    if spare := model.output_shape[-1] - classes:
        data = _with_spare_labels(data, spare)
    if standardise:
        if real is None:
            raise ValueError("standardise=True needs the training images: give real")
        model = standardised(model, as_floats(real))
    if real is not None:
        whiten(model, as_floats(real))
    if config.frozen_epochs or config.thaw_every or wrap:
        built = time.perf_counter() - began
        done = fit(
            model, data, config,
            steps_per_epoch=steps_per_epoch, wrap=wrap, classes=classes, **hooks,
        )  # fmt: skip
        return of_classes(done.built_in(built), classes)
    settings = config.model_copy(update={"seed": 0}).model_dump_json()
    trainer = _kept_trainer(settings, input_shape, classes, steps_per_epoch, standardise)
    built = time.perf_counter() - began
    return of_classes(trainer.fit(model, data, **hooks).built_in(built), classes)


def _with_spare_labels(data: "tf.data.Dataset", spare: int) -> "tf.data.Dataset":
    """Return batches whose labels name so many more classes, of which there is no image."""
    import tensorflow as tf  # whatever Keras computes with

    wider = [(0, 0), (0, spare)]
    return data.map(lambda images, labels, *more: (images, tf.pad(labels, wider), *more))


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
    return Trainer(network, config, steps_per_epoch=steps_per_epoch, classes=classes)


def fit(
    model: keras.Model,
    data: "tf.data.Dataset",
    config: TrainConfig,
    *,
    steps_per_epoch: int,
    wrap: Wrap | None = None,
    classes: int | None = None,
    **hooks: Unpack[FitHooks],
) -> FitResult:
    """Train a model that is built already, and stays uncompiled; parameters as in `train`.

    ``classes`` are those to choose from when it is tested, where it has more outputs.

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
            shadow, phase.config,
            steps_per_epoch=steps_per_epoch, epochs=phase.epochs, classes=classes,
        )  # fmt: skip
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
        kept_epoch=parts[-1].kept_epoch,
    )
