"""Optimisers and schedules against PyTorch's, and what a recipe may get wrong."""

import json
from typing import Any, get_args

import keras
import numpy as np
import pytest
from pydantic import ValidationError

from classifiers.config import OptimizerName, ScheduleName, TrainConfig
from classifiers.errors import InputError
from classifiers.optim.optimizers import OPTIMIZERS, check_optimizer, make_optimizer
from classifiers.optim.schedules import SCHEDULES, Tabled, learning_rates
from tests.conftest import REFERENCES

REFERENCE = json.loads((REFERENCES / "training_reference.json").read_text())
OPTIMIZER_REFERENCE = REFERENCE["optimizers"]
SCHEDULE_REFERENCE = REFERENCE["schedules"]


def weights_after(
    config: TrainConfig, steps: int | None = None, factors: list[float] | None = None
) -> dict[str, np.ndarray]:
    """Follow the gradients of the reference."""
    variables = [
        keras.Variable(np.array(value, np.float32), name=name)
        for name, value in OPTIMIZER_REFERENCE["start"].items()
    ]
    optimizer = make_optimizer(config, config.learning_rate, variables, factors)
    for gradient in OPTIMIZER_REFERENCE["gradients"][:steps]:
        optimizer.apply([np.array(gradient[v.name], np.float32) for v in variables], variables)
    return {v.name: v.numpy() for v in variables}


def settings(name: OptimizerName, **changes: Any) -> TrainConfig:
    decay = OPTIMIZER_REFERENCE["decay"]
    return TrainConfig(
        **({"optimizer": name, "learning_rate": 0.05, "weight_decay": decay} | changes)
    )


@pytest.mark.parametrize("name", OPTIMIZER_REFERENCE["after"])
def test_steps_and_decay_are_pytorchs(name: OptimizerName) -> None:
    after = weights_after(settings(name))
    for part, wanted in OPTIMIZER_REFERENCE["after"][name].items():
        np.testing.assert_allclose(after[part], wanted, rtol=2e-5, atol=2e-6)


def test_gradients_are_clipped_before_they_are_penalised() -> None:
    after = weights_after(settings("sgd", clip_norm=OPTIMIZER_REFERENCE["clip"]))
    for part, wanted in OPTIMIZER_REFERENCE["after_clipped"]["sgd"].items():
        np.testing.assert_allclose(after[part], wanted, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_every_optimizer_moves_and_decays_the_weights(name: OptimizerName) -> None:
    plain = weights_after(settings(name, weight_decay=0), steps=2)
    decayed = weights_after(settings(name), steps=2)
    spared = weights_after(settings(name, decay_biases=False), steps=2)
    start = OPTIMIZER_REFERENCE["start"]
    assert np.isfinite(decayed["kernel"]).all()
    assert np.abs(plain["kernel"] - start["kernel"]).max() > 1e-4
    assert np.abs(plain["kernel"] - decayed["kernel"]).max() > 1e-6
    assert np.abs(plain["bias"] - decayed["bias"]).max() > 1e-6
    np.testing.assert_allclose(spared["kernel"], decayed["kernel"], rtol=1e-6)
    np.testing.assert_allclose(spared["bias"], plain["bias"], rtol=1e-6)


def test_decoupled_decay_shrinks_by_rate_times_decay() -> None:
    config = settings("sgdw", momentum=0)
    kernel = np.array(OPTIMIZER_REFERENCE["start"]["kernel"])
    gradient = np.array(OPTIMIZER_REFERENCE["gradients"][0]["kernel"])
    np.testing.assert_allclose(
        weights_after(config, steps=1)["kernel"],
        kernel - 0.05 * gradient - 0.05 * config.weight_decay * kernel,
        rtol=1e-5,
    )


def test_l1_pulls_with_its_sign() -> None:
    config = settings("sgd", momentum=0, weight_decay=0, l1=0.3)
    kernel = np.array(OPTIMIZER_REFERENCE["start"]["kernel"])
    gradient = np.array(OPTIMIZER_REFERENCE["gradients"][0]["kernel"])
    np.testing.assert_allclose(
        weights_after(config, steps=1)["kernel"],
        kernel - 0.05 * (gradient + 0.3 * np.sign(kernel)),
        rtol=1e-5,
    )


def test_each_variable_has_its_factor_of_the_learning_rate() -> None:
    config = settings("adam")
    start = OPTIMIZER_REFERENCE["start"]
    full, slow = weights_after(config, 1), weights_after(config, 1, factors=[0.1, 1.0])
    moved = (slow["kernel"] - start["kernel"]) / (full["kernel"] - start["kernel"])
    np.testing.assert_allclose(moved, 0.1, rtol=1e-3)
    np.testing.assert_array_equal(slow["bias"], full["bias"])


def test_tables_hold_every_name() -> None:
    assert set(OPTIMIZERS) == set(get_args(OptimizerName))
    assert set(SCHEDULES) == set(get_args(ScheduleName))
    known = {kind.keras_name for kind in OPTIMIZERS.values()}
    offered = {
        name
        for name, value in vars(keras.optimizers).items()
        if isinstance(value, type) and issubclass(value, keras.Optimizer)
    }
    assert offered - known <= {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer_params": {"beta1": 0.5}}, "did you mean beta_1"),
        ({"optimizer_params": {"weight_decay": 0.5}}, "by the field 'weight_decay'"),
        ({"optimizer_params": {"clipnorm": -1, "clipvalue": 2}}, "Only one of"),
    ],
)
def test_wrong_parameters_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        weights_after(settings("adam", **changes))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"beta_1": "x"}, "optimizer_params: beta_1 is 'x'; give a number"),
        ({"beta1": 0.5}, "unknown parameter of optimizer 'adam' 'beta1'; did you mean beta_1"),
    ],
)
def test_an_optimizer_is_tried_before_it_is_needed(params: dict[str, Any], message: str) -> None:
    check_optimizer(settings("adam"))
    with pytest.raises(InputError, match=message):
        check_optimizer(settings("adam", optimizer_params=params))


@pytest.mark.parametrize("field", ["optimizer", "schedule", "loss"])
def test_unknown_names_get_the_closest(field: str) -> None:
    wrong = {"optimizer": "adm", "schedule": "cosin", "loss": "crossentropy"}[field]
    closest = {"optimizer": "adam", "schedule": "cosine", "loss": "cross_entropy"}[field]
    with pytest.raises(ValidationError, match=f"unknown {field} '{wrong}'; did you mean {closest}"):
        TrainConfig.model_validate({field: wrong})


PARAMS: dict[str, dict[str, Any]] = {
    "step": {"every": 3, "factor": 0.5},
    "inverse": {"decay": 0.3},
    "cyclic": {"low": 0.1, "up": 2},
    "cosine": {"final": 0.01},
}


@pytest.mark.parametrize("name", SCHEDULE_REFERENCE["rates"])
def test_schedules_are_pytorchs(name: ScheduleName) -> None:
    config = TrainConfig(
        schedule=name,
        schedule_params=PARAMS.get(name, {}),
        learning_rate=0.1,
        epochs=SCHEDULE_REFERENCE["epochs"],
    )
    rates = learning_rates(config, SCHEDULE_REFERENCE["steps_per_epoch"])
    np.testing.assert_allclose(rates, SCHEDULE_REFERENCE["rates"][name], rtol=1e-9)


def test_warm_up_rises_to_the_cosine() -> None:
    config = TrainConfig(
        schedule="cosine", schedule_params={"warmup": 0.25}, learning_rate=1, epochs=4
    )
    rates = learning_rates(config, steps_per_epoch=4)
    np.testing.assert_allclose(rates[:5], [0.2, 0.4, 0.6, 0.8, 1.0])
    assert np.all(np.diff(rates[4:]) < 0)
    assert rates[-1] == pytest.approx((1 + np.cos(np.pi * 11 / 12)) / 2)


@pytest.mark.parametrize("name", get_args(ScheduleName))
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_schedules_of_very_short_trainings(name: ScheduleName, steps: int) -> None:
    rates = learning_rates(TrainConfig(schedule=name, epochs=1), steps_per_epoch=steps)
    assert rates.shape == (steps,)
    assert np.all((rates > 0) & (rates <= 0.01 + 1e-12))


def test_a_table_holds_its_last_rate() -> None:
    schedule = Tabled(np.array([0.3, 0.2, 0.1]))
    assert [round(float(schedule(step)), 6) for step in (0, 2, 9)] == [0.3, 0.1, 0.1]
    assert Tabled.from_config(schedule.get_config()).rates.tolist() == schedule.rates.tolist()


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        (
            "step",
            {"gamma": 0.1},
            "parameter of schedule 'step' 'gamma'; known: every, factor|known",
        ),
        ("step", {"every": 0}, "by zero"),
        ("exponential", {"factor": "half"}, "schedule 'exponential'"),
        ("cosine", {"warmup": 1.5}, "warmup is 1.5"),
        ("cyclic", {"up": 0}, "more than 0 epochs"),
        ("inverse", {"decay": -0.1}, "decay is -0.1"),
        ("exponential", {"factor": -2}, "negative"),
        ("exponential", {"factor": 1e12}, "overflow|out of range"),
        ("plateau", {"factor": 2}, "factor is 2"),
        ("plateau", {"patience": "x"}, "schedule 'plateau'"),
        ("plateau", {"patience": 1.5}, "patience is 1.5"),
    ],
)
def test_wrong_schedules(name: ScheduleName, params: dict[str, Any], message: str) -> None:
    config = TrainConfig(schedule=name, schedule_params=params, epochs=40)
    with pytest.raises(InputError, match=message):
        learning_rates(config, steps_per_epoch=2)
