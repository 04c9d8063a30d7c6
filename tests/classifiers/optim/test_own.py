"""LARS and a cycling momentum against calculations by hand."""

import keras
import numpy as np
import pytest

from classifiers.config import TrainConfig
from classifiers.errors import InputError
from classifiers.optim.optimizers import make_optimizer
from classifiers.optim.schedules import learning_rates, momenta
from classifiers.training.train import train
from tests.classifiers.tiny import SHAPE, batches, settings

KERNEL, BIAS = [[3.0, 0.0], [0.0, 4.0]], [1.0, -2.0]  # |kernel| = 5
GRADIENTS = [([[0.6, 0.8], [0.0, 0.0]], [0.5, 0.5]), ([[0.0, 0.0], [0.0, 2.0]], [0.5, 0.5])]


def stepped(config: TrainConfig, **kwargs: object) -> tuple[np.ndarray, np.ndarray]:
    kernel, bias = (keras.Variable(np.array(value, np.float32)) for value in (KERNEL, BIAS))
    optimizer = make_optimizer(config, config.learning_rate, [kernel, bias], **kwargs)
    for gradients in GRADIENTS:
        optimizer.apply([np.array(value, np.float32) for value in gradients], [kernel, bias])
    return kernel.numpy(), bias.numpy()


def test_lars_is_what_its_formula_says():
    rate, momentum, decay, trust = 0.5, 0.9, 0.1, 0.02
    config = TrainConfig(
        optimizer="lars", learning_rate=rate, momentum=momentum, weight_decay=decay,
        optimizer_params={"trust": trust},
    )  # fmt: skip
    weights = [np.array(KERNEL), np.array(BIAS)]
    velocity = [np.zeros((2, 2)), np.zeros(2)]
    for gradients in GRADIENTS:
        for at, gradient in enumerate(map(np.array, gradients)):
            size, slope = np.linalg.norm(weights[at]), np.linalg.norm(gradient)
            local = trust * size / (slope + decay * size) if at == 0 else 1.0
            step = rate * local * (gradient + decay * weights[at])
            velocity[at] = momentum * velocity[at] + step
            weights[at] = weights[at] - velocity[at]
    for got, wanted in zip(stepped(config), weights, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_lars_moves_weights_that_are_all_zero():
    weight = keras.Variable(np.zeros((2, 2), np.float32))
    config = TrainConfig(optimizer="lars", learning_rate=0.5, weight_decay=0)
    make_optimizer(config, 0.5, [weight]).apply([np.ones((2, 2), np.float32)], [weight])
    np.testing.assert_allclose(weight.numpy(), -0.5)


@pytest.mark.parametrize("name", ["sgd", "nesterov"])
def test_a_momentum_of_each_step_moves_as_sgd_does(name):
    fixed = TrainConfig(optimizer=name, momentum=0.7, learning_rate=0.1)
    same = stepped(fixed, momenta=np.array([0.7, 0.7]))
    for got, wanted in zip(same, stepped(fixed), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
    _, bias = stepped(TrainConfig(learning_rate=0.1, weight_decay=0), momenta=np.array([0.9, 0.5]))
    # -0.1 x 0.5 = -0.05, then 0.5 x -0.05 - 0.05 = -0.075
    np.testing.assert_allclose(bias, np.array(BIAS) - 0.05 - 0.075, rtol=1e-6)


def test_momentum_is_lowest_where_the_rate_is_highest():
    config = TrainConfig(epochs=10, schedule="one_cycle", momentum_cycle=(0.85, 0.95))
    cycled, rates = momenta(config, 10), learning_rates(config, 10)
    assert cycled is not None
    assert cycled.min() == pytest.approx(0.85)
    assert cycled[0] == cycled[-1] == pytest.approx(0.95)
    assert cycled.argmin() == rates.argmax()
    assert momenta(TrainConfig(), 10) is None


def test_a_network_trains_with_either():
    shape = {"input_shape": SHAPE, "classes": 2, "steps_per_epoch": 3}
    params = {"model": "pereira_baseline", "epochs": 2, "learning_rate": 0.01}
    cycle = {"schedule": "one_cycle", "momentum_cycle": (0.85, 0.95)}
    for changes in ({"optimizer": "sgd"} | cycle, {"optimizer": "lars"}):
        result = train(batches(), settings(**params, **changes), **shape)
        assert np.isfinite(result.history["loss"]).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"momentum_cycle": (0.8, 0.9)}, "it follows one_cycle or cyclic"),
        (
            {"momentum_cycle": (0.8, 0.9), "schedule": "cyclic", "optimizer": "adam"},
            "give sgd, sgdw or nesterov",
        ),
    ],
)
def test_what_cannot_cycle_is_said(changes, message):
    with pytest.raises(ValueError, match=message) as raised:
        TrainConfig(**changes)
    assert InputError.__name__ not in str(raised.value)
