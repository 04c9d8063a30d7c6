"""The state of a process that trains: one thread, deterministic operations, quiet libraries."""

import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

from groundwork.machine import DEVICE, check_backend
from groundwork.terminal import open_descriptors
from pipelines.errors import within

MOST_WORKERS = 1024


@cache
def quiet() -> None:
    """Import TensorFlow without the messages that it prints at that moment.

    They come from its C++ part before any log level is read, so the only way is to look away;
    if the import fails they are shown.

    Raises
    ------
    InputError
        Keras is to compute with what it cannot.
    """
    check_backend()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # other processes need some of it
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
    if os.environ.get(DEVICE) == "cpu":  # Apple's GPUs heed no environment variable
        sys.modules["tensorflow"].config.set_visible_devices([], "GPU")
    logging.getLogger("absl").setLevel(logging.ERROR)  # tensorflow-datasets warns about itself
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of every model built anew


ONE_THREAD = dict.fromkeys(
    (
        *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    ),
    "1",
)
"""What tells TensorFlow, and what NumPy and SciPy compute with, to be content with one."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Let processes that are started here compute in one thread, whatever they import first."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def prepare() -> None:
    """Make this process give the same numbers as any other that runs the same task.

    One thread: sums are taken in the same order whatever the number of cores, and several such
    processes side by side finish more small trainings than one process with many threads.

    Raises
    ------
    RuntimeError
        TensorFlow runs already, with other threads, which cannot be changed any more.
    """
    # JAX would take three quarters of a GPU for each of the processes that share it.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    quiet()
    import keras
    import tensorflow as tf

    threads = tf.config.threading
    for name, ask, tell in (
        ("INTRA", threads.get_intra_op_parallelism_threads, "set_intra_op_parallelism_threads"),
        ("INTER", threads.get_inter_op_parallelism_threads, "set_inter_op_parallelism_threads"),
    ):
        # 0: as the environment says, which is read once, when TensorFlow starts.
        if (ask() or int(os.environ.get(f"TF_NUM_{name}OP_THREADS", 0))) != 1:
            getattr(threads, tell)(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)  # several processes share a GPU
    tf.config.experimental.enable_op_determinism()
    # What a person's own keras.json may say otherwise.
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")


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


def checked_workers(given: int | None) -> int:
    """Return how many processes to use: as many as were asked for, or else one a core.

    Raises
    ------
    InputError
        If that is no number of processes.
    """
    if given is None:
        return cores()
    within("--workers", given, 1, MOST_WORKERS)
    return given


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
