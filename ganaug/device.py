"""What the training asks of the machine: compiled graphs and half precision suit a GPU alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from ganaug.config import GanConfig


def has_gpu() -> bool:
    """Tell whether Keras computes on a GPU."""
    # Asked for GPUs alone, JAX without one raises an error.
    return any(name.startswith("gpu") for name in keras.distribution.list_devices())


def use_xla() -> bool:
    """XLA suits a GPU and is all that JAX has; on a CPU it makes TensorFlow 40 times slower."""
    return keras.backend.backend() == "jax" or has_gpu()


def dtype_policy(config: GanConfig) -> str:
    """Return the Keras dtype policy that ``config.precision`` means on this machine."""
    if config.precision != "auto":
        return config.precision
    return "mixed_bfloat16" if has_gpu() else "float32"


@contextmanager
def default_policy(name: str) -> Iterator[None]:
    """Give layers that name no dtype policy this one, within the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
