"""The GAN on JAX: the same code, without TensorFlow's training loop. And classifiers there."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ganaug import Bank
from groundwork.files import read_json
from pipelines import runtime

SCRIPT = """
import sys
from pathlib import Path

import keras
import numpy as np

import ganaug
from ganaug.config import GanConfig

assert keras.backend.backend() == "jax"
images = np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
folder = Path(sys.argv[1])
tiny = {"steps": 2, "batch": 4, "width": 4, "latent": 8, "checkpoint_every": 1}
tiny["learning_rate"] = 0.1  # two usual steps would leave one grey
config = GanConfig(**tiny, r1_weight=0.1, lecam_weight=0.3, ada_target=0.6)
ganaug.train(images, config, folder / "alone" / "0-noise", class_name="noise")


def backbone():
    image = keras.Input([32, 32, 3])
    fine = keras.layers.Conv2D(6, 3, 4, "same")(image)
    return keras.Model(image, [fine, keras.layers.Conv2D(8, 3, 2, "same")(fine)])


config = GanConfig(**tiny, discriminator="projected")
both, labels = np.concatenate([images, images[::-1] // 2]), np.repeat([0, 1], 10)
options = {"backbone": backbone, "quality": lambda samples: float(samples.mean())}
ganaug.train_classes(both, labels, ["light", "dark"], config, folder / "both", **options)

from tests.classifiers.evaluation.test_explain import test_grad_cam_is_the_weighted_map

test_grad_cam_is_the_weighted_map({})

from classifiers.models.ghost import GhostBatchNormalization
from classifiers.training.train import train
from tests.classifiers.tiny import SHAPE, batches, labelled, settings

parts = keras.Sequential([keras.Input(SHAPE), GhostBatchNormalization(2)])
parts.compile("sgd", "mse")
for few in (images[:5, :16, :16] / 255, images[:1, :16, :16] / 255):
    assert np.isfinite(parts.train_on_batch(few, few))
wide = settings(model="pereira_small", model_params={"filters": 1}, outputs=4, epochs=2)
averaged = wide.model_copy(update={"ema": 0.5, "evaluate_at": (1,)})
how = {"input_shape": SHAPE, "classes": 2, "steps_per_epoch": 1, "test": labelled(7)}
fitted = train(batches(), averaged, **how)
assert fitted.model.output_shape == (None, 2)
assert list(fitted.accuracy_at) == [1, 2]
"""


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="the extra [jax] is not installed")
def test_generators_trained_on_jax_are_sampled_on_tensorflow(tmp_path: Path) -> None:
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    # Most of the test is XLA compiling two steps; without its own code for fusions it is soon done.
    quick = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
    environment["XLA_FLAGS"] = quick
    subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], env=environment, check=True)
    for name, classes in (("alone", ["noise"]), ("both", ["light", "dark"])):
        (history,) = (tmp_path / name).glob("**/history.json")
        assert np.isfinite(read_json(history)["d_loss"]).all()
        bank = Bank(tmp_path / name)
        assert bank.class_names == classes
        for label in classes:
            samples = bank.sample(label, 3, seed=0)
            assert samples.shape == (3, 32, 32, 3)
            assert samples.std() > 0


def test_processes_that_share_a_gpu_take_no_more_of_it_than_they_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)
    runtime.prepare()
    assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
