"""Every model of the registry, at the smallest size that it takes."""

import os
from collections import Counter

import keras
import numpy as np
import pytest

from classifiers.models.registry import (
    build_model,
    list_models,
    load_model,
    model_info,
)

CLASSES = 3
FAST = ("custom_cnn", "ko_base", "pereira_baseline", "pereira_small")


def _smallest(name, batch=4):
    """Images of the smallest size a model takes, with one-hot labels."""
    size = model_info(name).min_size
    images = np.random.default_rng(0).random((batch, size, size, 3), np.float32)
    return images, np.eye(CLASSES, dtype=np.float32)[np.arange(batch) % CLASSES]


def _larger_ones():
    """Models that are a smaller one with more layers or channels, and those that take longest."""
    infos = [i for i in map(model_info, list_models()) if i.source == "keras.applications"]
    siblings = Counter(info.family for info in infos)
    smallest = ("Tiny", "121", "B0", "V3Small", "Mobile", "50", "50V2")
    larger = {i.name for i in infos if siblings[i.family] > 1 and not i.name.endswith(smallest)}
    longest = {"ConvNeXtTiny", "DenseNet121", "InceptionResNetV2", "InceptionV3", "NASNetMobile"}
    return larger | longest | {"torchvision_resnet34", "torchvision_alexnet"}


def _affordable(name):
    """Walking all of keras.applications takes 10 minutes and 10 GB: the larger ones on demand."""
    on_demand = pytest.mark.skipif(
        "GANAUG_TEST_EVERY_MODEL" not in os.environ, reason="set GANAUG_TEST_EVERY_MODEL"
    )
    marks = [pytest.mark.slow] if name not in FAST else []
    return pytest.param(name, marks=[*marks, on_demand] if name in _larger_ones() else marks)


@pytest.mark.parametrize("name", [_affordable(name) for name in list_models()])
def test_every_model_trains_saves_and_loads(name, tmp_path):
    images, labels = _smallest(name)
    model = build_model(name, images.shape[1:], CLASSES)
    assert model.layers[-1].name == "logits"
    assert model.output_shape == (None, CLASSES)

    before = [variable.numpy() for variable in model.trainable_variables]
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(1e-3), loss, run_eagerly=True)
    assert np.isfinite(model.train_on_batch(images, labels))
    after = [variable.numpy() for variable in model.trainable_variables]
    assert any(not np.array_equal(old, new) for old, new in zip(before, after, strict=True))

    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    predicted = np.asarray(model(images))
    assert np.isfinite(predicted).all()
    np.testing.assert_array_equal(loaded(images), predicted)
