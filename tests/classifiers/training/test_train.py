"""Training: reproducible, and refused with one line."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from classifiers.config import TrainConfig
from classifiers.errors import InputError
from classifiers.inference.probabilities import probabilities
from classifiers.training.train import fit, new_model, train
from classifiers.training.trainer import FitResult, Trainer
from tests.classifiers.tiny import SHAPE, batches, fingerprint, labelled, settings, tiny
from tests.conftest import ROOT


@pytest.mark.slow
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


def test_outputs_of_no_class_take_part_in_the_training_alone() -> None:
    test = labelled(7, 12)
    config = settings(epochs=3, evaluate_at=(1,), outputs=5, model="pereira_baseline")

    def trained(config: TrainConfig) -> FitResult:
        return train(
            batches(), config, input_shape=SHAPE, classes=2, steps_per_epoch=3, test=test,
            validation=test,
        )  # fmt: skip

    wide = trained(config)
    assert wide.model.output_shape == (None, 2)
    assert wide.test_probabilities is not None
    np.testing.assert_allclose(wide.test_probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(
        probabilities(wide.model, test[0]), wide.test_probabilities, atol=1e-6
    )
    # Five answers to choose from: a loss that begins near log 5, not log 2.
    narrow = trained(config.model_copy(update={"outputs": 0}))
    assert wide.history["loss"][0] > narrow.history["loss"][0] + 0.3
    with pytest.raises(InputError, match=r"train\.outputs=5 for 7 classes"):
        new_model(config, SHAPE, 7)


def train_baseline(seed: int) -> keras.Model:
    return train(
        batches(seed),
        settings(epochs=1, seed=seed),
        input_shape=SHAPE,
        classes=2,
        steps_per_epoch=2,
    ).model


@pytest.mark.slow
def test_training_again_leaves_earlier_models_alone() -> None:
    first = train_baseline(0)
    before = fingerprint(first)
    second = train_baseline(1)
    assert fingerprint(first) == before != fingerprint(second)
    assert fingerprint(train_baseline(0)) == before


@pytest.mark.slow
def test_fresh_processes_give_the_same_weights() -> None:
    code = (
        "from tests.classifiers.training.test_train import fingerprint, train_baseline\n"
        "print(fingerprint(train_baseline(3)))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", code]
    both = [
        subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    first, second = (process.communicate()[0].split()[-1] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert first == second


@pytest.mark.slow
def test_a_saved_model_holds_no_optimizer(tmp_path: Path) -> None:
    result = fit(tiny(), batches(), settings(epochs=1), steps_per_epoch=3)
    result.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    images, _ = labelled(3)
    np.testing.assert_array_equal(
        probabilities(loaded, images), probabilities(result.model, images)
    )


@pytest.mark.slow
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
    [
        ([0, 2] * 12, r"lie in 0\.\.2: .* 2 classes takes 0\.\.1"),
        ([0, 1] * 11, "24 test images and 22 labels"),
    ],
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
