"""The smallest classifier, its data and its settings."""

import hashlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from classifiers.config import TrainConfig

SIDE = 16
SHAPE = (SIDE, SIDE, 3)


def tiny(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    x = inputs = keras.Input(SHAPE)
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(x)
    x = keras.layers.BatchNormalization(momentum=0.5)(x)
    x = keras.layers.Dropout(0.3)(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(2, name="logits", dtype="float32")(x))


def labelled(seed: int, count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Noise, whose upper half is darker in class 1."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, *SHAPE), dtype=np.uint8)
    labels = np.arange(count) % 2
    images[labels == 1, : SIDE // 2] //= 3
    return images, labels


def batches(seed: int = 0, batch: int = 8) -> tf.data.Dataset:
    images, labels = labelled(seed)
    tf.random.set_seed(seed)
    pairs = (images.astype(np.float32) / 255, np.eye(2, dtype=np.float32)[labels])
    data = tf.data.Dataset.from_tensor_slices(pairs)
    return data.shuffle(len(images), seed=seed).batch(batch).repeat()


def settings(**changes: Any) -> TrainConfig:
    defaults: dict[str, Any] = {"optimizer": "adam", "weight_decay": 0, "epochs": 4, "batch": 8}
    return TrainConfig(**(defaults | changes))


def fingerprint(model: keras.Model) -> str:
    return hashlib.sha256(b"".join(v.numpy().tobytes() for v in model.variables)).hexdigest()
