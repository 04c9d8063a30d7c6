"""Class probabilities of a trained model, with test-time augmentation."""

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from classifiers.config import Views
from classifiers.errors import InputError
from classifiers.inference.views import views


def probabilities(
    model: keras.Model,
    images: NDArray[Any],
    *,
    batch: int = 256,
    tta: Views = "none",
    classes: int | None = None,
) -> NDArray[np.float32]:
    """Return the probability of each class for each image, [N, K].

    Parameters
    ----------
    model
        Any classifier that ends in logits.
    images
        uint8 images, or float images in 0..1, [N, H, W, C]; or what else the model takes, such as
        features [N, D].
    batch
        Most images in memory at a time, as floats.
    tta
        Views of each image whose probabilities are averaged, as `views` gives them.
    classes
        Classes to choose from, the first so many outputs; None for all.

    Raises
    ------
    InputError
        For images of another size than the model takes, and for answers that are not finite.
    """
    _check_images(model, images)
    if not len(images):
        return np.zeros((0, classes or model.output_shape[-1]), np.float32)
    # Batches of one size, the last one filled up: a second size would be traced anew.
    size = math.ceil(len(images) / math.ceil(len(images) / batch))
    parts = [
        sum(
            weight * softmax(_logits(model, view, size)[:, :classes], axis=1)
            for weight, view in views(as_floats(images[start : start + size]), tta)
        )
        for start in range(0, len(images), size)
    ]
    return np.concatenate(parts).astype(np.float32)


def _logits(model: keras.Model, images: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    missing = size - len(images)
    padding = [(0, missing), *[(0, 0)] * (images.ndim - 1)]
    filled = np.pad(images, padding) if missing else images
    logits = np.asarray(model.predict_on_batch(filled), np.float32)[: len(images)]
    if not np.isfinite(logits).all():
        raise InputError(
            "the classifier's answers are not finite: its training broke down; a lower "
            "train.learning_rate, or train.clip_norm, prevents that"
        )
    return logits


def as_floats(images: NDArray[Any]) -> NDArray[np.float32]:
    """Return images of uint8, or of floats in 0..1, as float32 in 0..1."""
    scale = 255 if images.dtype == np.uint8 else 1
    return images.astype(np.float32) / np.float32(scale)


def _check_images(model: keras.Model, images: NDArray[Any]) -> None:
    wanted = model.input_shape[1:]
    if images.ndim != len(wanted) + 1 or any(
        side not in (None, got) for side, got in zip(wanted, images.shape[1:], strict=True)
    ):
        raise InputError(
            f"images of shape {images.shape} do not fit a model that takes [N, "
            f"{', '.join(map(str, wanted))}]: resize them"
        )
