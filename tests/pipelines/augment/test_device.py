"""Augmentation inside the training step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.augment import parse
from pipelines.augment.device import InStep
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe
from pipelines.training.checks import check_models
from tests.pipelines.augment.reference import IMAGES, LABELS, SIZE, augmented


def test_inside_the_training_step():
    pipeline = parse("flip|shift(2)|mixup")
    classifier = keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), keras.layers.Flatten(), keras.layers.Dense(16)]
    )
    start = classifier.get_weights()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    inside = InStep(classifier, pipeline, seed=3)
    inside.compile(keras.optimizers.SGD(0.1), loss, jit_compile=False)
    for _ in range(2):
        inside.train_on_batch(IMAGES, LABELS)
    trained = classifier.get_weights()

    classifier.set_weights(start)
    classifier.compile(keras.optimizers.SGD(0.1), loss, jit_compile=False)
    for step in range(2):
        images, labels = pipeline(tf.constant(IMAGES), tf.constant(LABELS), seed=3, step=step)
        classifier.train_on_batch(images, labels)
    for ours, theirs in zip(trained, classifier.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert not np.array_equal(trained[0], start[0])


def test_in_a_step_that_is_not_tensorflows_nothing_is_augmented(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    recipe = load_recipe(None, {"input": {"on_device": True}, "arms": {"real": {}}})
    with pytest.raises(InputError, match="and Keras computes with jax: augmentations are"):
        check_models(recipe, {"real": 32}, 2)
    classifier = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(InputError, match="leave it out, which changes no number"):
        InStep(classifier, parse("flip"), seed=0)


def test_weights_are_blended_with_the_labels():
    """In the step as in tf.data, where they are a column of the labels."""
    classifier = keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), keras.layers.Flatten(), keras.layers.Dense(16)]
    )
    weights = np.linspace(0.1, 2, 16, dtype=np.float32)
    seen = []
    inside = InStep(classifier, parse("mixup"), seed=3, first_step=5)
    inside.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False, run_eagerly=True)
    inside.compute_loss = lambda x, y, y_pred, sample_weight, **_: (
        seen.append((y.numpy(), sample_weight.numpy())) or tf.reduce_sum(y_pred)
    )
    inside.train_on_batch(IMAGES, LABELS, sample_weight=weights)
    columns = np.concatenate([LABELS, weights[:, None]], 1)
    _, expected = augmented("mixup", labels=columns, seed=3, step=5)
    np.testing.assert_allclose(seen[0][0], expected[:, :-1], atol=1e-6)
    np.testing.assert_allclose(seen[0][1], expected[:, -1], atol=1e-6)
    assert not np.allclose(expected[:, -1], weights)
