"""What this machine computes with, said without loading Keras wherever that can be."""

import json
import os
import sys
from functools import cache
from pathlib import Path

GPUS = ("nvidia[0-9]*", "nvidiactl", "kfd", "dri/render*", "dxg")
"""Files in /dev, one of which Linux has where it has a GPU that something may compute on."""


def backend() -> str:
    """Return the backend that Keras computes with, without importing Keras."""
    if name := os.environ.get("KERAS_BACKEND"):
        return name
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return str(json.loads((home / "keras.json").read_text(encoding="utf-8"))["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


@cache
def has_gpu() -> bool:
    """Tell whether Keras computes on a GPU; Keras is asked where there may be one."""
    if sys.platform == "linux" and not any(any(Path("/dev").glob(name)) for name in GPUS):
        return False
    import keras

    # Asked for GPUs alone, JAX without one raises an error.
    return any(name.startswith("gpu") for name in keras.distribution.list_devices())
