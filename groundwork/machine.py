"""What this machine computes with, said without loading Keras wherever that can be."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from groundwork.errors import InputError, shown

GPUS = ("nvidia[0-9]*", "nvidiactl", "kfd", "dri/render*", "dxg")
"""Files in /dev, one of which Linux has where it has a GPU that something may compute on."""


BACKENDS = ("tensorflow", "jax")
"""What Keras may compute with here."""


def backend() -> str:
    """Return the backend that Keras computes with, without importing Keras."""
    if name := os.environ.get("KERAS_BACKEND"):
        return name
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return str(json.loads((home / "keras.json").read_text(encoding="utf-8"))["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def check_backend() -> None:
    """See that Keras can compute with its backend, and that we can.

    Raises
    ------
    InputError
        It is none of `BACKENDS`, or is not installed.
    """
    name = backend()
    if name not in BACKENDS:
        known = " or ".join(BACKENDS)
        raise InputError(
            f"Keras is to compute with {shown(name)}, ganaug can with {known}: set KERAS_BACKEND, "
            "or leave it out"
        )
    if find_spec(name) is None:
        raise InputError(
            f"Keras is to compute with {name}, which is not installed: pip install {name}, or "
            "leave KERAS_BACKEND out"
        )


DEVICE = "GANAUG_DEVICE"
"""Environment variable that says what to compute on; without it, on a GPU where there is one."""
_FORM = re.compile(r"cpu|gpu(:(?P<number>[0-9]{1,3}))?")


@contextmanager
def computing_on(device: str) -> Iterator[None]:
    """Let this process, and those that it starts, compute on a device.

    It must not have loaded what computes before: neither TensorFlow nor JAX lets go of a GPU.

    Parameters
    ----------
    device
        ``cpu``, ``gpu``, or ``gpu:1`` for one of several.

    Raises
    ------
    InputError
        There is no such device.
    """
    match = _FORM.fullmatch(device)
    if match is None:
        raise InputError(f"--device {shown(device)}: give cpu, gpu, or gpu:1 for the second one")
    told = {DEVICE: device}
    if device == "cpu":
        told |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    elif match["number"] is not None:
        number, known = int(match["number"]), os.environ.get("CUDA_VISIBLE_DEVICES", "")
        seen = known.split(",") if known else []
        told["CUDA_VISIBLE_DEVICES"] = (
            (seen[number] if number < len(seen) else "-1") if seen else str(number)
        )
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        if device != "cpu" and not has_gpu():
            raise InputError(
                f"--device {device}: Keras finds no such GPU on this machine; leave it out, or "
                "give cpu (docs/commands.md says what a GPU needs)"
            )
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def has_gpu() -> bool:
    """Tell whether Keras computes on a GPU; Keras is asked where there may be one."""
    return os.environ.get(DEVICE) != "cpu" and _finds_gpu()


@cache
def _finds_gpu() -> bool:
    if sys.platform == "linux" and not any(any(Path("/dev").glob(name)) for name in GPUS):
        return False
    import keras

    # Asked for GPUs alone, JAX without one raises an error.
    return any(name.startswith("gpu") for name in keras.distribution.list_devices())
