"""Optimisers by name, with PyTorch's or the decoupled kind of weight decay.

Keras decouples every `weight_decay`: weights shrink by learning rate x decay, whatever the
gradient. PyTorch's SGD, Adam, RMSprop, … instead add decay x weight to the gradient (L2), which
momentum and Adam's normalisation then work on. Here the name decides, as in PyTorch: `sgd` and
`adam` are L2, `sgdw` and `adamw` decoupled. Both act after gradient clipping.

What stays different: Keras multiplies the learning rate into the momentum buffer, PyTorch applies
it to the buffer, which is the same until a schedule changes it. Keras' epsilon is 1e-7 (PyTorch
1e-8), RMSprop has it under the root, and Adagrad's accumulator starts at 0.1 (PyTorch 0); set
`optimizer_params` for PyTorch's values. `muon` orthogonalises matrices only: Keras gives
convolution kernels, biases and, here, the last layer to AdamW.
Keras has no LARS: that, and a momentum that cycles, stand in `classifiers.optim.own`.
"""

import inspect
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from classifiers.config import OptimizerName, TrainConfig
from classifiers.errors import InputError, first_line, unknown_name
from classifiers.optim.own import CycledSGD, Lars


class _Kind(NamedTuple):
    keras_name: str | type[keras.Optimizer]
    decoupled: bool = False
    reads_momentum: bool = False
    fixed: dict[str, Any] = {}


OPTIMIZERS: dict[OptimizerName, _Kind] = {
    "sgd": _Kind("SGD", reads_momentum=True),
    "sgdw": _Kind("SGD", decoupled=True, reads_momentum=True),
    "nesterov": _Kind("SGD", reads_momentum=True, fixed={"nesterov": True}),
    "adam": _Kind("Adam"),
    "adamw": _Kind("AdamW", decoupled=True),
    "adamax": _Kind("Adamax"),
    "nadam": _Kind("Nadam"),
    "adagrad": _Kind("Adagrad"),
    "adadelta": _Kind("Adadelta"),
    "adafactor": _Kind("Adafactor"),
    "rmsprop": _Kind("RMSprop"),
    "ftrl": _Kind("Ftrl"),
    "lion": _Kind("Lion", decoupled=True),
    "lamb": _Kind("Lamb", decoupled=True),
    "muon": _Kind("Muon", decoupled=True, fixed={"exclude_layers": ["logits"]}),
    "lars": _Kind(Lars, decoupled=True, reads_momentum=True),
    "schedule_free_adamw": _Kind("ScheduleFreeAdamW", decoupled=True),
}

_OWN_FIELDS = {
    "learning_rate": "learning_rate",
    "momentum": "momentum",
    "weight_decay": "weight_decay",
    "global_clipnorm": "clip_norm",
    "use_ema": "ema",
    "ema_momentum": "ema",
}


def make_optimizer(
    config: TrainConfig,
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule,
    variables: Sequence[keras.Variable],
    factors: Sequence[float] | None = None,
    momenta: NDArray[np.floating[Any]] | None = None,
) -> keras.Optimizer:
    """Return the configured optimiser, built for `variables`.

    Parameters
    ----------
    config
        Every setting.
    learning_rate
        A number, or the schedule.
    variables
        What it will train.
    factors
        Of the learning rate, for each variable: discriminative fine-tuning (Howard & Ruder 2018).
        Decoupled decay keeps the full rate. None for 1 throughout.
    momenta
        Momentum of each step, of sgd, sgdw and nesterov; None for the configured one throughout.

    Raises
    ------
    InputError
        For parameters that the optimiser does not have or that `TrainConfig` has a field for.
    """
    kind = OPTIMIZERS[config.optimizer]
    keras_class = _class_of(kind)
    _check_params(config, keras_class)
    kwargs: dict[str, Any] = {
        "learning_rate": learning_rate,
        "weight_decay": config.weight_decay if kind.decoupled else None,
        "global_clipnorm": config.clip_norm,
        "use_ema": config.ema > 0,
        "ema_momentum": config.ema,
    }
    if kind.reads_momentum:
        kwargs["momentum"] = config.momentum
    if momenta is not None:
        keras_class, kwargs = CycledSGD, kwargs | {"momenta": momenta}
    if config.optimizer == "muon":
        kwargs["adam_weight_decay"] = kwargs["weight_decay"]
    try:
        optimizer = _modified(keras_class, config, kind, factors)(
            **{**kwargs, **kind.fixed, **config.optimizer_params}
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            f"optimizer {config.optimizer!r} with {config.optimizer_params}: {error}"
        ) from error
    if kwargs["weight_decay"] and not config.decay_biases:
        optimizer.exclude_from_weight_decay(var_list=[v for v in variables if _is_bias(v)])
    optimizer.build(list(variables))
    return optimizer


def _class_of(kind: _Kind) -> type[keras.Optimizer]:
    if isinstance(kind.keras_name, str):
        found: type[keras.Optimizer] = getattr(keras.optimizers, kind.keras_name)
        return found
    return kind.keras_name


def check_optimizer(config: TrainConfig) -> None:
    """Take one step with the configured optimiser, on a weight of its own.

    Raises
    ------
    InputError
        For parameters that it does not have, or whose values it cannot compute with.
    """
    weight = keras.Variable([[1.0]])
    optimizer = make_optimizer(config, config.learning_rate, [weight])
    try:
        optimizer.apply([ops.ones((1, 1))], [weight])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"optimizer {config.optimizer!r} with {config.optimizer_params}: {first_line(error)}"
        ) from error


def start_from(optimizer: keras.Optimizer, variables: Sequence[keras.Variable]) -> None:
    """Give an optimiser at its first step what it copies of the weights that it will train.

    Schedule-free AdamW moves a copy of the weights and averages over it; Keras makes that copy when
    the optimiser is built, which is before a reused network receives its next model's weights.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if isinstance(inner, keras.optimizers.ScheduleFreeAdamW):
        for copy, variable in zip(inner._momentums, variables, strict=True):
            copy.assign(variable)


def _modified(
    keras_class: type[keras.Optimizer],
    config: TrainConfig,
    kind: _Kind,
    factors: Sequence[float] | None,
) -> type[keras.Optimizer]:
    """Return the class with penalties and learning-rate factors, if there are any."""
    l1, l2 = config.l1, 0.0 if kind.decoupled else config.weight_decay
    if not (l1 or l2 or factors):
        return keras_class

    class Modified(keras_class):  # type: ignore[misc]
        """The optimiser, minimising the loss plus the penalties."""

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            """Add the penalties' gradients, now that Keras has clipped the loss's."""
            if (l1 or l2) and (config.decay_biases or not _is_bias(variable)):
                weight = ops.cast(variable, gradient.dtype)
                gradient = gradient + l2 * weight + l1 * ops.sign(weight)
            if factors:
                learning_rate = learning_rate * factors[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate)

    Modified.__name__ = keras_class.__name__
    return Modified


def _is_bias(variable: Any) -> bool:
    """Tell biases and normalisation scales, which have one axis, from kernels."""
    return len(variable.shape) < 2


def _check_params(config: TrainConfig, keras_class: type[keras.Optimizer]) -> None:
    known = [*inspect.signature(keras_class.__init__).parameters][1:]
    for name, value in config.optimizer_params.items():
        if name in _OWN_FIELDS and name in known:
            raise InputError(f"optimizer_params: set {name!r} by the field {_OWN_FIELDS[name]!r}")
        if name not in known or name == "kwargs":
            raise unknown_name(f"parameter of optimizer {config.optimizer!r}", name, known)
        if isinstance(value, str) and name != "name":
            raise InputError(f"optimizer_params: {name} is {value!r}; give a number, true or false")
