"""The state of a process that trains: one thread, deterministic operations, quiet libraries."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def quiet() -> None:
    """Keep TensorFlow's start-up messages off the screen; call before it is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def prepare() -> None:
    """Make this process give the same numbers as any other that runs the same task.

    One thread: sums are taken in the same order whatever the number of cores, and several such
    processes side by side finish more small trainings than one process with many threads.
    """
    quiet()
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # TensorFlow runs already, as in a notebook: its threads stay as they are
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)  # several processes share a GPU
    tf.config.experimental.enable_op_determinism()


def machine() -> str:
    """Return the processor, its cores and the versions that matter, for the head of a report."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    libraries = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras"))
    return f"{name}, {cores()} cores, Python {platform.python_version()}, {libraries}"


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
