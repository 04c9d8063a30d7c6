"""The GAN on JAX: the same code, without TensorFlow's training loop."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ganaug import Bank
from ganaug.files import read_json

SCRIPT = """
import sys
from pathlib import Path

import keras
import numpy as np

import ganaug
from ganaug.config import GanConfig

assert keras.backend.backend() == "jax"
images = np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
config = GanConfig(steps=2, batch=4, width=4, latent=8, r1=0.1, lecam=0.3, adaptive=0.6)
ganaug.train(images, config, Path(sys.argv[1]), class_name="noise")
"""


@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="the extra [jax] is not installed")
def test_a_generator_trained_on_jax_is_sampled_on_tensorflow(tmp_path: Path) -> None:
    folder = tmp_path / "0-noise"
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, "-c", SCRIPT, folder], env=environment, check=True)
    assert np.isfinite(read_json(folder / "history.json")["d_loss"]).all()
    samples = Bank(tmp_path).sample("noise", 3, seed=0)
    assert samples.shape == (3, 32, 32, 3)
    assert samples.std() > 0
