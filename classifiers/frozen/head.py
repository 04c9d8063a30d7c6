"""The head of a frozen backbone, trained on features that are computed once and kept on disk."""

import math
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Unpack

import keras
import numpy as np
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.errors import DivergedError, InputError
from classifiers.frozen.features import FeatureExtractor
from classifiers.frozen.probe import probe_features
from classifiers.models.transfer import split, with_head
from classifiers.training.phases import model_params, while_frozen
from classifiers.training.train import FitHooks, new_model, of_classes
from classifiers.training.trainer import FitResult, Trainer, check_labels
from groundwork.compute import default_precision

HEAD_PARAMS = ("hidden", "activation", "batch_norm", "dropout")
"""Parameters of a transfer model that shape its head, not its features."""


def trains_head_only(config: TrainConfig) -> bool:
    """Tell whether the backbone is frozen from the first epoch to the last."""
    return config.frozen_epochs >= config.epochs


def head_features(config: TrainConfig, cache: Path | None) -> FeatureExtractor:
    """Return what computes the features of a head's images.

    Raises
    ------
    InputError
        If the model is no backbone, or a setting needs more than its features.
    """
    if config.tta != "none":
        raise InputError(
            f"train.tta={config.tta!r} with a backbone frozen to the end: set model_params.mirror, "
            "which averages the features of both views"
        )
    own = {key: value for key, value in model_params(config).items() if key not in HEAD_PARAMS}
    return probe_features(config.model_copy(update={"model_params": own}), cache)


def fit_head(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    config: TrainConfig,
    *,
    classes: int,
    cache: Path | None = None,
    **hooks: Unpack[FitHooks],
) -> FitResult:
    """Train the head of a transfer model on the features of its frozen backbone.

    Epochs cost milliseconds instead of passes through the backbone, so a grid of settings takes
    minutes. No augmentation: every image has one row of features. The compiled head is kept for the
    next training in this process that differs in its seed or images only.

    Parameters
    ----------
    images, labels
        Training images, uint8 [N, H, W, C], and their classes, int [N].
    config
        Every setting; `frozen_epochs` covers all epochs.
    classes
        Number of classes.
    cache
        Folder that keeps features between runs.
    **hooks
        As in `classifiers.training.train.train`, images as uint8.

    Returns
    -------
    FitResult
        The model is the whole classifier, its backbone `folded` as the one of its features.

    Raises
    ------
    InputError
        As `head_features`, and as training does.
    """
    import tensorflow as tf

    extract = head_features(config, cache)
    config = config.model_copy(update={"precision": "float32"})  # as its features are
    params = {**config.model_params, "folded": extract.folded}
    whole = config.model_copy(update={"model_params": params})
    model = new_model(whole, images.shape[1:], classes)
    check_labels(model, (images, labels), "training")
    _, head = split(model)
    outputs = model.output_shape[-1]
    one_hot = np.eye(outputs, dtype=np.float32)[labels]
    data = tf.data.Dataset.from_tensor_slices((extract(images), one_hot))
    data = data.shuffle(len(images), seed=config.seed).batch(config.batch).repeat()
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread may sleep for seconds after a training has ended
    data = data.with_options(options)
    steps = math.ceil(len(images) / config.batch)
    seen = hooks.copy()
    if test := hooks.get("test"):
        seen["test"] = extract(test[0]), test[1]
    if validation := hooks.get("validation"):
        seen["validation"] = extract(validation[0]), validation[1]
    same = while_frozen(config).model_copy(update={"frozen_epochs": 0, "thaw_every": 0, "seed": 0})
    shape = head.input_shape[-1], outputs, classes
    trainer = _kept_trainer(same.model_dump_json(), *shape, steps)
    try:
        fitted = trainer.fit(head, data, **seen)
    except DivergedError as error:
        raise DivergedError(str(error), model) from error  # the head's weights are in it
    return of_classes(replace(fitted, model=model), classes)


@lru_cache(maxsize=4)
def _kept_trainer(
    settings: str, width: int, outputs: int, classes: int, steps_per_epoch: int
) -> Trainer:
    """Return a trainer of heads on features of so many values."""
    config = TrainConfig.model_validate_json(settings)
    shape = {key: value for key, value in config.model_params.items() if key in HEAD_PARAMS}
    features = keras.Input((width,), name="features")
    with default_precision(config.precision):
        network = keras.Model(features, with_head(features, outputs, **shape))
    return Trainer(network, config, steps_per_epoch=steps_per_epoch, classes=classes)
