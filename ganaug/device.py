"""What the training asks of the machine: where compiled graphs and half precision pay."""

import os
from functools import cache
from pathlib import Path

from ganaug.config import GanConfig
from groundwork.machine import backend, has_gpu


def use_xla() -> bool:
    """XLA suits a GPU and is all that JAX has; on a CPU it makes TensorFlow 40 times slower."""
    return backend() == "jax" or has_gpu()


@cache
def cpu_flags() -> frozenset[str]:
    """Return what the processor says it can do, as Linux lists it; nothing elsewhere."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.is_file():
        return frozenset()
    flags = (line for line in cpuinfo.read_text().splitlines() if line.startswith("flags"))
    return frozenset(next(flags, "").split())


def multiplies_bfloat16() -> bool:
    """Tell whether TensorFlow's products of bfloat16 are faster than float32's on this processor.

    They are where it has instructions for them, through oneDNN; without, as with AVX512 alone, they
    take up to twice as long, and without oneDNN five times. JAX does not use it.
    """
    one_dnn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != "0"
    has_instructions = bool(cpu_flags() & {"avx512_bf16", "amx_bf16"})
    return has_instructions and one_dnn and backend() == "tensorflow"


def dtype_policy(config: GanConfig) -> str:
    """Return the Keras dtype policy that ``config.precision`` means on this machine."""
    if config.precision != "auto":
        return config.precision
    # Depthwise convolutions, of which the backbones consist, gain nothing on a processor.
    pays = has_gpu() or (multiplies_bfloat16() and config.discriminator == "pixels")
    return "mixed_bfloat16" if pays else "float32"


def slow_kernel_gradients(config: GanConfig) -> bool:
    """Tell whether `ganaug.networks.fast_gradients` is faster than TensorFlow's own gradients."""
    without_tiles = multiplies_bfloat16() and "amx_bf16" not in cpu_flags()
    return without_tiles and not has_gpu() and dtype_policy(config) == "mixed_bfloat16"
