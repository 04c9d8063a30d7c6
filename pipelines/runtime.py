"""The state of a process that trains: one thread, deterministic operations, quiet libraries."""

import logging
import os
import platform
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

from groundwork.terminal import open_descriptors


@cache
def quiet() -> None:
    """Import TensorFlow without the messages that it prints at that moment.

    They come from its C++ part before any log level is read, so the only way is to look away;
    if the import fails they are shown.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    open_descriptors()
    if sys.stderr is not None:  # as it is where the descriptor was closed
        sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        except BaseException:
            messages.seek(0)
            os.write(screen, messages.read())
            raise
        finally:
            os.dup2(screen, 2)
            os.close(screen)
    logging.getLogger("absl").setLevel(logging.ERROR)  # tensorflow-datasets warns about itself
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of every model built anew


def prepare() -> None:
    """Make this process give the same numbers as any other that runs the same task.

    One thread: sums are taken in the same order whatever the number of cores, and several such
    processes side by side finish more small trainings than one process with many threads.
    """
    # JAX would take three quarters of a GPU for each of the processes that share it.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
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
