"""Learning-rate schedules by name, as plain tables: one learning rate for every step.

A schedule gives the factor by which `TrainConfig.learning_rate` is multiplied. Those of PyTorch's
names follow PyTorch: `step`, `exponential` and `inverse` change once an epoch, the others at every
step. Their parameters (`TrainConfig.schedule_params`) are the keyword arguments below.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.errors import InputError, unknown_name

Floats = NDArray[np.float64]
MOST_STEPS = 20_000_000
"""Of a training, months of them: each has its learning rate in a table."""


@dataclass(frozen=True)
class Timeline:
    """The steps of a training: `step` counts from 0 to `steps` - 1, `epoch` likewise."""

    steps: int
    epochs: int

    @property
    def step(self) -> Floats:
        """Number of each step."""
        return np.arange(self.steps, dtype=np.float64)

    @property
    def epoch(self) -> Floats:
        """Epoch that each step belongs to."""
        return np.floor(self.step * self.epochs / self.steps)


def constant(time: Timeline) -> Floats:
    """Keep the learning rate."""
    return np.ones(time.steps)


def step(time: Timeline, every: int = 30, factor: float = 0.1) -> Floats:
    """Multiply by `factor` after each `every` epochs (StepLR)."""
    return np.asarray(factor ** (time.epoch // every))


def exponential(time: Timeline, factor: float = 0.95) -> Floats:
    """Multiply by `factor` after each epoch (ExponentialLR)."""
    return np.asarray(factor**time.epoch)


def inverse(time: Timeline, decay: float = 0.1) -> Floats:
    """Divide by 1 + `decay` x epoch (inverse time decay; study P's LambdaLR, row P15)."""
    if decay < 0:
        raise InputError(f"schedule 'inverse': decay is {decay}; give 0 or more")
    return np.asarray(1 / (1 + decay * time.epoch))


def cosine(time: Timeline, warmup: float = 0.0, final: float = 0.0) -> Floats:
    """Rise linearly over the fraction `warmup` of all steps, then fall along half a cosine.

    `final` is the factor that the fall ends at, after the last step.
    """
    rise = _fraction("warmup", warmup) * time.steps
    fall = np.clip((time.step - rise) / (time.steps - rise), 0, 1)
    fallen = final + (1 - final) * (1 + np.cos(np.pi * fall)) / 2
    return np.where(time.step < rise, (time.step + 1) / (np.floor(rise) + 1), fallen)


def one_cycle(
    time: Timeline, warmup: float = 0.3, start: float = 1 / 25, final: float = 4e-6
) -> Floats:
    """Rise from `start` to 1 and fall to `final`, both along half a cosine (OneCycleLR).

    `warmup` is the fraction of the steps that rise; the defaults are PyTorch's.
    """
    peak = max(_fraction("warmup", warmup) * time.steps - 1, 0)
    rise = np.clip(time.step / peak, 0, 1) if peak else np.ones(time.steps)
    fall = np.clip((time.step - peak) / max(time.steps - 1 - peak, 1), 0, 1)
    risen = 1 + (start - 1) * (1 + np.cos(np.pi * rise)) / 2
    fallen = final + (1 - final) * (1 + np.cos(np.pi * fall)) / 2
    return np.where(time.step <= peak, risen, fallen)


def cyclic(time: Timeline, low: float = 0.1, up: float = 5) -> Floats:
    """Rise from `low` to 1 over `up` epochs and fall back as fast, again and again (CyclicLR)."""
    if up <= 0:
        raise InputError(f"schedule 'cyclic': up is {up}; give more than 0 epochs")
    position = time.step * time.epochs / time.steps / up
    return np.asarray(low + (1 - low) * (1 - np.abs(position % 2 - 1)))


def plateau(time: Timeline, factor: float = 0.1, patience: int = 10) -> Floats:
    """Multiply by `factor` after `patience` epochs without a lower loss (ReduceLROnPlateau).

    What the training shows decides, so the table is constant and a callback does the rest.
    """
    if not 0 < factor < 1:
        raise InputError(f"schedule 'plateau': factor is {factor}; give one between 0 and 1")
    if patience != int(patience) or patience < 0:
        raise InputError(f"schedule 'plateau': patience is {patience}; give whole epochs")
    return np.ones(time.steps)


SCHEDULES: dict[str, Callable[..., Floats]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "inverse": inverse,
    "cosine": cosine,
    "one_cycle": one_cycle,
    "cyclic": cyclic,
    "plateau": plateau,
}


def schedule_params(config: TrainConfig) -> dict[str, Any]:
    """Return all parameters of the configured schedule, defaults filled in.

    Raises
    ------
    InputError
        For a parameter that the schedule does not have.
    """
    signature = inspect.signature(SCHEDULES[config.schedule]).parameters
    known = {name: p.default for name, p in list(signature.items())[1:]}
    for name in config.schedule_params:
        if name not in known:
            raise unknown_name(f"parameter of schedule {config.schedule!r}", name, known)
    return known | config.schedule_params


def learning_rates(config: TrainConfig, steps_per_epoch: int) -> Floats:
    """Return the learning rate of every step, [epochs x steps_per_epoch].

    Raises
    ------
    InputError
        For a parameter that the schedule does not have, or values that are no learning rates.

    Examples
    --------
    >>> config = TrainConfig(schedule="exponential", schedule_params={"factor": 0.5}, epochs=3)
    >>> learning_rates(config, steps_per_epoch=2).tolist()
    [0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025]
    """
    time = Timeline(config.epochs * steps_per_epoch, config.epochs)
    if time.steps > MOST_STEPS:
        raise InputError(
            f"train.epochs={config.epochs:,} of {steps_per_epoch:,} steps are {time.steps:,}, "
            f"{MOST_STEPS:,} are known: give fewer epochs or larger batches"
        )
    try:
        with np.errstate(divide="raise", invalid="raise", over="raise"):
            factors = SCHEDULES[config.schedule](time, **schedule_params(config))
    except InputError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InputError(f"schedule {config.schedule!r}: {error}") from error
    if not np.all(np.isfinite(factors)) or np.any(factors < 0):
        raise InputError(
            f"schedule {config.schedule!r} with {config.schedule_params} gives learning rates "
            "that are negative or not finite"
        )
    return config.learning_rate * factors


def momenta(config: TrainConfig, steps_per_epoch: int) -> Floats | None:
    """Return the momentum of every step, [epochs x steps_per_epoch]; None where it does not cycle.

    It falls as the learning rate rises, and rises as it falls (Smith 2018), along the same curve,
    as PyTorch's OneCycleLR and CyclicLR do by themselves.

    Examples
    --------
    >>> cycled = {"schedule": "cyclic", "schedule_params": {"up": 1}, "momentum_cycle": (0.8, 0.9)}
    >>> momenta(TrainConfig(epochs=2, **cycled), steps_per_epoch=2).round(2).tolist()
    [0.9, 0.85, 0.8, 0.85]
    """
    if config.momentum_cycle is None:
        return None
    low, high = config.momentum_cycle
    ends = {"one_cycle": {"start": 0.0, "final": 0.0}, "cyclic": {"low": 0.0}}[config.schedule]
    time = Timeline(config.epochs * steps_per_epoch, config.epochs)
    position = SCHEDULES[config.schedule](time, **schedule_params(config) | ends)
    return np.asarray(high - (high - low) * position)


class Tabled(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A Keras schedule that looks the learning rate of a step up in a table.

    Parameters
    ----------
    rates
        Learning rate of each step; the last one holds on after the end.
    """

    def __init__(self, rates: Floats) -> None:
        self.rates = np.asarray(rates, dtype=np.float32)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step."""
        return ops.take(self.rates, ops.minimum(ops.cast(step, "int32"), len(self.rates) - 1))

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the schedule."""
        return {"rates": self.rates.tolist()}


def _fraction(name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise InputError(f"{name} is {value}; give a fraction of the steps, from 0 to below 1")
    return value
