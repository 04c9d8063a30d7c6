"""The smallest training, and what there is to compare of it."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

import ganaug
from ganaug import GanConfig

TINY = GanConfig(steps=6, batch=8, width=4, latent=8, grid_every=3, checkpoint_every=2)


def weights(folder):
    return keras.saving.load_model(folder / "generator.keras", safe_mode=True).get_weights()


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def run_python(code, *args):
    root = Path(ganaug.__file__).parents[1]
    env = os.environ | {"PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], env=env, capture_output=True, text=True
    )
