"""What Keras computes in: precision, copies in float32, steps an execution, gradients."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import keras


@contextmanager
def default_precision(policy: str) -> Iterator[None]:
    """Give layers that name no dtype policy this one, within the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def float32_copy(network: keras.Model) -> keras.Model:
    """Return a network of the same layers and weights that computes in float32.

    For what is kept of a training in half precision: it then needs no machine, and no other
    runtime, that is good at that.
    """

    def in_float32(layer: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer):  # a function of keras.ops has no precision
            return layer
        return type(layer).from_config(layer.get_config() | {"dtype": "float32"})

    copy = keras.models.clone_model(network, clone_function=in_float32, recursive=True)
    copy.set_weights(network.get_weights())  # cloning draws new ones
    return copy


def gradient(function: Callable[..., Any], *inputs: Any) -> list[Any]:
    """Differentiate a scalar function by each input: Keras leaves that to its backend."""
    if keras.backend.backend() == "jax":
        jax = import_module("jax")

        return list(jax.grad(function, tuple(range(len(inputs))))(*inputs))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = function(*inputs)
    return list(tape.gradient(value, inputs))


def steps_per_execution(steps: int, most: int) -> int:
    """Return the largest divisor of ``steps`` up to ``most``.

    Keras would run a last, shorter execution at full length.

    Examples
    --------
    >>> steps_per_execution(50, 10), steps_per_execution(7, 4)
    (10, 1)
    """
    return max(n for n in range(1, min(steps, most) + 1) if steps % n == 0)
