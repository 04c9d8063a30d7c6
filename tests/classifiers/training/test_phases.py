"""Networks that thaw block by block."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from classifiers.inference.probabilities import probabilities
from classifiers.models.transfer import blocks, with_head
from classifiers.optim.schedules import momenta
from classifiers.training.phases import phases, rate_factors
from classifiers.training.train import fit, new_model
from classifiers.training.trainer import Trainer
from tests.classifiers.tiny import SHAPE, batches, labelled, settings, tiny


def test_phases_thaw_block_by_block() -> None:
    model = new_model(settings(), SHAPE, 2)
    count = len(blocks(model))
    assert count == 2
    rates = {"learning_rate": 1e-3, "frozen_learning_rate": 1e-4}
    gradual = settings(epochs=6, frozen_epochs=2, thaw_every=3, **rates)
    plan = [(p.epochs, p.from_block, p.config.learning_rate) for p in phases(gradual, model)]
    assert plan == [(range(2), 2, 1e-4), (range(2, 5), 1, 1e-3), (range(5, 6), 0, 1e-3)]
    at_once = settings(epochs=6, frozen_epochs=2)
    assert [(p.epochs, p.from_block) for p in phases(at_once, model)] == [
        (range(2), 2),
        (range(2, 6), 0),
    ]
    assert [p.from_block for p in phases(settings(), model)] == [None]


def test_momentum_does_not_cycle_while_the_learning_rate_of_the_head_is_constant() -> None:
    cycled = {"optimizer": "sgd", "schedule": "one_cycle", "momentum_cycle": (0.8, 0.9)}
    config = settings(epochs=2, frozen_epochs=1, frozen_learning_rate=1e-4, **cycled)
    frozen, thawed = phases(config, tiny())
    assert momenta(frozen.config, 3) is None
    np.testing.assert_allclose(momenta(thawed.config, 3)[-1], 0.9)


@pytest.mark.slow
def test_a_frozen_block_learns_nothing_until_it_thaws() -> None:
    model = tiny()
    config = settings(epochs=2, frozen_epochs=1, frozen_learning_rate=1e-4, evaluate_at=(1,))
    kernels: list[np.ndarray] = []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: kernels.append(model.layers[1].kernel.numpy())
    )
    start = model.layers[1].kernel.numpy()
    result = fit(model, batches(), config, steps_per_epoch=3, test=labelled(7), callbacks=[keep])
    np.testing.assert_array_equal(kernels[0], start)
    assert np.abs(kernels[1] - start).max() > 1e-3
    np.testing.assert_allclose(result.history["learning_rate"], [1e-4, 0.01], rtol=1e-6)
    assert list(result.accuracy_at) == [1, 2]
    assert result.steps == 6


def test_the_epoch_is_told_whose_weights_are_kept() -> None:
    frozen = {"frozen_epochs": 1, "frozen_learning_rate": 1e-9, "learning_rate": 3.0}
    config = settings(epochs=4, patience=2, **frozen)
    result = fit(tiny(), batches(), config, steps_per_epoch=1, validation=labelled(7))
    losses = result.history["val_loss"]
    assert int(np.argmin(losses)) == 0, "in a phase that no patience watched"
    assert result.kept_epoch == 2 + int(np.argmin(losses[1:]))
    images, labels = labelled(7)
    right = probabilities(result.model, images)[np.arange(len(labels)), labels]
    kept = losses[result.kept_epoch - 1]
    assert -np.log(np.maximum(right, 1e-7)).mean() == pytest.approx(kept, rel=1e-4)
    plain = settings(epochs=2)
    assert fit(tiny(), batches(), plain, steps_per_epoch=1).kept_epoch == 2


@pytest.mark.slow
def test_phases_go_on_in_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []
    wrapped: list[int] = []
    original = Trainer.fit

    def watched(self, model, data, **watching):
        begun.append(float(next(iter(data))[0][0, 0, 0, 0]))
        return original(self, model, data, **watching)

    def wrap(model: keras.Model, *, first_step: int) -> keras.Model:
        wrapped.append(first_step)
        return keras.Model(model.inputs, model.outputs)

    def batch(step):
        images = tf.fill((4, *SHAPE), tf.cast(step, tf.float32) / 100)
        return images, tf.one_hot([0, 1, 0, 1], 2)

    monkeypatch.setattr(Trainer, "fit", watched)
    config = settings(epochs=4, frozen_epochs=1, thaw_every=2)
    data = tf.data.Dataset.range(99).map(batch)
    fit(new_model(settings(), SHAPE, 2), data, config, steps_per_epoch=3, wrap=wrap)
    np.testing.assert_allclose(begun, [0, 0.03, 0.09], atol=1e-6)
    assert wrapped == [0, 3, 9]


def test_earlier_blocks_learn_more_slowly() -> None:
    model = new_model(settings(), SHAPE, 2)  # two convolutions a block
    factors = rate_factors(settings(block_decay=0.1), model)
    np.testing.assert_allclose(factors, [0.01] * 2 + [0.1] * 6 + [1] * 2)
    assert rate_factors(settings(), model) is None
    features = keras.Input((8,))
    head = keras.Model(features, with_head(features, 2, hidden=3))
    assert rate_factors(settings(block_decay=0.1), head) == [1] * 4
