"""Stopped in time, with the weights of the best epoch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from classifiers.errors import InputError
from classifiers.inference.probabilities import probabilities
from classifiers.training.callbacks import averaged_weights
from classifiers.training.train import fit
from tests.classifiers.tiny import SHAPE, batches, fingerprint, labelled, settings, tiny


@pytest.mark.slow
def test_divergence_names_epoch_and_step_and_keeps_good_weights() -> None:
    def linear() -> keras.Model:
        keras.utils.set_random_seed(0)
        layers = [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(2)]
        return keras.Sequential(layers)

    image, label = np.ones((8, *SHAPE), np.float32), np.eye(2, dtype=np.float32)[[0, 1] * 4]
    good = tf.data.Dataset.from_tensors((image, label)).repeat(7)
    bad = tf.data.Dataset.from_tensors((image * np.nan, label)).repeat()
    model = linear()
    with pytest.raises(InputError, match=r"epoch 3, step 2; the weights of epoch 2 are kept"):
        fit(model, good.concatenate(bad), settings(), steps_per_epoch=3)
    expected = fit(linear(), good, settings(epochs=2), steps_per_epoch=3).model
    assert fingerprint(model) == fingerprint(expected)


def test_a_weight_that_is_not_finite_is_found_without_the_loss() -> None:
    images, labels = np.zeros((8, *SHAPE), np.float32), np.eye(2, dtype=np.float32)[[0, 1] * 4]
    data = tf.data.Dataset.from_tensors((images * np.nan, labels)).repeat()
    with pytest.raises(InputError, match="after epoch 1; the weights from before it are kept"):
        fit(tiny(), data, settings(epochs=1), steps_per_epoch=1)


@pytest.mark.slow
def test_early_stopping_goes_back_to_the_best_epoch() -> None:
    images, labels = labelled(3)
    config = settings(epochs=30, patience=2, learning_rate=0.003, ema=0.5)
    result = fit(
        tiny(), batches(), config, steps_per_epoch=3, validation=(images, 1 - labels)
    )  # the more it learns, the worse it gets
    losses = result.history["val_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 3 < 30
    right = probabilities(result.model, images)[np.arange(len(labels)), 1 - labels]
    assert -np.log(right).mean() == pytest.approx(losses[best], rel=1e-4)


def test_averaged_weights_are_given_back() -> None:
    model = tiny()
    model.compile(optimizer=keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5))
    kernel = model.layers[1].kernel
    start = kernel.numpy()
    for _ in range(2):  # the average then lies half a step behind
        model.optimizer.apply(
            [np.ones(v.shape) for v in model.trainable_variables], model.trainable_variables
        )
    with averaged_weights(model):
        np.testing.assert_allclose(kernel.numpy(), start - 1.5, atol=1e-6)
    np.testing.assert_allclose(kernel.numpy(), start - 2, atol=1e-6)
