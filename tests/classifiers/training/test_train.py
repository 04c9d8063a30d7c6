"""Training: reproducible, reusable, and stopped cleanly when it diverges."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from classifiers.config import TrainConfig
from classifiers.errors import InputError
from classifiers.inference.probabilities import probabilities
from classifiers.models.transfer import blocks
from classifiers.training.callbacks import averaged_weights
from classifiers.training.phases import phases, rate_factors
from classifiers.training.train import fit, new_model, train
from classifiers.training.trainer import Trainer
from tests.conftest import ROOT

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


def test_learns_and_tests_on_the_way() -> None:
    test = labelled(7, 40)
    config = settings(epochs=12, evaluate_at=(1, 5))
    seen: list[tuple[int, int]] = []
    result = fit(
        tiny(),
        batches(),
        config,
        steps_per_epoch=3,
        test=test,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert list(result.accuracy_at) == [1, 5, 12]
    assert result.accuracy_at[12] > 0.9
    assert result.steps == 36
    assert set(result.history) == {"loss", "accuracy", "learning_rate"}
    assert {len(curve) for curve in result.history.values()} == {12}
    assert result.history["loss"][-1] < result.history["loss"][0]
    assert seen == [(epoch, 12) for epoch in range(1, 13)]
    predicted = probabilities(result.model, test[0])
    np.testing.assert_allclose(predicted, result.test_probabilities, atol=1e-6)
    assert (predicted.argmax(1) == test[1]).mean() == result.accuracy_at[12]


def test_testing_does_not_change_the_training() -> None:
    config = settings(ema=0.9, evaluate_at=(1, 2, 3))
    trainer = Trainer(tiny(), config, steps_per_epoch=3)
    tested = trainer.fit(tiny(), batches(), test=labelled(7))
    plain = trainer.fit(tiny(), batches())
    assert fingerprint(plain.model) == fingerprint(tested.model)


def test_a_saved_model_holds_no_optimizer(tmp_path: Path) -> None:
    result = fit(tiny(), batches(), settings(epochs=1), steps_per_epoch=3)
    result.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    images, _ = labelled(3)
    np.testing.assert_array_equal(
        probabilities(loaded, images), probabilities(result.model, images)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"ema": 0.9, "schedule": "plateau", "schedule_params": {"patience": 1}},
        {"optimizer": "schedule_free_adamw"},  # keeps a copy of the first weights
        {"optimizer": "muon"},
        {"precision": "mixed_float16"},
    ],
)
def test_a_reused_network_trains_as_a_new_one(changes: dict[str, Any]) -> None:
    config = settings(epochs=3, weight_decay=0.01, **changes)
    trainer = Trainer(tiny(99), config, steps_per_epoch=3)
    trainer.fit(tiny(5), batches(5), test=labelled(5))  # what it leaves behind must not matter
    again = trainer.fit(tiny(1), batches(1))
    alone = fit(tiny(1), batches(1), config, steps_per_epoch=3)
    assert again.history == alone.history
    assert fingerprint(again.model) == fingerprint(alone.model)


def train_baseline(seed: int) -> keras.Model:
    return train(
        batches(seed),
        settings(epochs=1, seed=seed),
        input_shape=SHAPE,
        classes=2,
        steps_per_epoch=2,
    ).model


def test_training_again_leaves_earlier_models_alone() -> None:
    first = train_baseline(0)
    before = fingerprint(first)
    second = train_baseline(1)
    assert fingerprint(first) == before != fingerprint(second)
    assert fingerprint(train_baseline(0)) == before


def test_another_architecture_is_refused() -> None:
    trainer = Trainer(tiny(), settings(), steps_per_epoch=3)
    other = new_model(settings(), SHAPE, 2)
    with pytest.raises(InputError, match="make a trainer of this model"):
        trainer.fit(other, batches())


def test_fresh_processes_give_the_same_weights() -> None:
    code = (
        "from tests.classifiers.training.test_train import fingerprint, train_baseline\n"
        "print(fingerprint(train_baseline(3)))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()[-1]
        for _ in range(2)
    )
    assert first == second


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


@pytest.mark.parametrize(
    ("schedule", "params", "factor"),
    [
        ("exponential", {"factor": 0.5}, 0.5),
        ("constant", {}, 1),
        ("step", {"factor": 0.5, "every": 1}, 0.5),
    ],
)
def test_the_learning_rate_of_an_epoch_is_the_one_it_had(
    schedule: str, params: dict[str, float], factor: float
) -> None:
    config = settings(epochs=3, schedule=schedule, schedule_params=params, frozen_epochs=1)
    for one in (config, config.model_copy(update={"frozen_epochs": 0})):
        rates = fit(tiny(), batches(), one, steps_per_epoch=3).history["learning_rate"]
        np.testing.assert_allclose(rates, [0.01, 0.01 * factor, 0.01 * factor**2], rtol=1e-6)


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


def test_plateau_lowers_the_learning_rate() -> None:
    config = settings(
        epochs=5,
        learning_rate=1e-9,  # too small for any progress
        schedule="plateau",
        schedule_params={"factor": 0.5, "patience": 2},
    )
    rates = fit(tiny(), batches(), config, steps_per_epoch=3).history["learning_rate"]
    assert rates[0] == pytest.approx(1e-9)
    assert rates[-1] < 0.6e-9


def test_mixed_precision() -> None:
    config = settings(precision="mixed_float16", epochs=1)  # the one that scales its loss
    model = new_model(config, SHAPE, 2)
    assert model.layers[2].compute_dtype == "float16"
    assert keras.config.dtype_policy().name == "float32"
    trainer = Trainer(keras.Model(model.inputs[0], model.outputs[0]), config, steps_per_epoch=3)
    assert isinstance(trainer._network.optimizer, keras.optimizers.LossScaleOptimizer)
    result = fit(model, batches(), config, steps_per_epoch=3)
    assert result.test_probabilities is None
    assert np.isfinite(result.history["loss"][0])
    assert probabilities(result.model, labelled(0)[0]).dtype == np.float32


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 2] * 12, "0..1"), ([0, 1] * 11, "24 test images and 22 labels")],
)
def test_labels_that_do_not_fit(labels: list[int], message: str) -> None:
    images, _ = labelled(0)
    with pytest.raises(InputError, match=message):
        fit(tiny(), batches(), settings(), steps_per_epoch=3, test=(images, np.array(labels)))


def test_data_that_does_not_fit() -> None:
    three = batches().map(lambda images, labels: (images, tf.pad(labels, ((0, 0), (0, 1)))))
    with pytest.raises(InputError, match=r"labels \(None, 3\) do not fit .* 2 classes"):
        fit(tiny(), three, settings(), steps_per_epoch=3)
    small = batches().map(lambda images, labels: (images[:, 1:], labels))
    with pytest.raises(InputError, match=r"\(None, 15, 16, 3\)"):
        fit(tiny(), small, settings(), steps_per_epoch=3)
    with pytest.raises(InputError, match="9 batches, but 12 steps to take: repeat"):
        fit(tiny(), batches().take(9), settings(epochs=4), steps_per_epoch=3)


def test_views_are_averaged() -> None:
    model = tiny()
    images, _ = labelled(1, 5)
    floats = images.astype(np.float32) / 255
    plain = probabilities(model, images)
    mirrored = probabilities(model, floats[:, :, ::-1])
    flip = probabilities(model, images, tta="flip", batch=2)
    np.testing.assert_allclose(flip, (plain + mirrored) / 2, atol=1e-6)
    np.testing.assert_allclose(
        probabilities(model, images, tta="flip+shift"), flip / 2 + shifted_views(model, floats) / 2
    )


def shifted_views(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Mean over both 1-pixel shifts, by index: row -1 is row 1, row 16 is row 14."""
    rows = np.arange(-1, SIDE + 1)
    rows = np.where(rows < 0, 1, np.where(rows == SIDE, SIDE - 2, rows))
    padded = images[:, rows][:, :, rows]
    corners = (padded[:, :SIDE, :SIDE], padded[:, 2:, 2:])
    return np.mean([probabilities(model, view, tta="flip") for view in corners], axis=0)


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 9, 9, 3\).*\[N, 16, 16, 3\]"):
        probabilities(tiny(), np.zeros((2, 9, 9, 3), np.uint8))
