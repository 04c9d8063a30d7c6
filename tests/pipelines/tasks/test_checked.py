"""A classifier that was saved, tried in a fresh process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from classifiers import build_model, probabilities
from ganaug.networks.layers import SpectralConv2D
from groundwork.files import write_json
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.identity import ROOT
from pipelines.tasks.checked import PICTURES, check_classifier, read_check, some, write_check
from pipelines.workspace import CONFIG, MODEL, RESULT


@pytest.mark.slow
def test_it_has_to_answer_as_it_did_when_it_was_trained(
    tiny_images: Images, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(1)
    network = build_model("pereira_small", (32, 32, 3), 2)
    network.save(tmp_path / MODEL)
    write_json(tmp_path / RESULT, {"class_names": ["down", "across"]})
    write_json(tmp_path / CONFIG, {"arm": {"train": {"tta": "flip"}}})
    shown = some(tiny_images)
    write_check(tmp_path, shown, probabilities(network, shown, tta="flip"))
    pixels, expected = read_check(tmp_path)
    assert check_classifier(tmp_path, pixels, expected) < 1e-5
    wrong = expected[:, ::-1] * 0.5 + 0.25
    with pytest.raises(InputError, match=r"answers differently: by 0\.\d+ in a .* of 8 training"):
        check_classifier(tmp_path, pixels, wrong)


@pytest.mark.slow
def test_a_discriminator_that_became_one_is_loaded(tiny_images: Images, tmp_path: Path) -> None:
    """Its layers are those of `ganaug`, which no other classifier needs."""
    image = keras.Input((32, 32, 3))
    seen = SpectralConv2D(2, 32, seed=0)(image)
    keras.Model(image, keras.layers.Flatten(name="logits")(seen)).save(tmp_path / MODEL)
    write_json(tmp_path / RESULT, {"class_names": ["down", "across"]})
    write_json(tmp_path / CONFIG, {"arm": {"train": {"tta": "none"}}})
    shown = some(tiny_images)
    expected = probabilities(keras.models.load_model(tmp_path / MODEL), shown)
    assert check_classifier(tmp_path, shown, expected) < 1e-5


OWN = """
import sys
from pathlib import Path
import keras, numpy
from classifiers.models.registry import register_model
from pipelines.tasks.checked import check_classifier

@keras.saving.register_keras_serializable("mine")
class Same(keras.layers.Layer):
    def call(self, inputs):
        return 1 * inputs

@register_model(family="mine", source="me", input_size=8, min_size=8)
def with_a_layer(input_shape: tuple[int, int, int], classes: int) -> keras.Model:
    image = keras.Input(input_shape)
    flat = keras.layers.Flatten()(Same()(image))
    return keras.Model(image, keras.layers.Dense(classes, name="logits")(flat))

if __name__ == "__main__":
    with_a_layer((8, 8, 3), 2).save(Path(sys.argv[1], "model.keras"))
    black = numpy.zeros((1, 8, 8, 3), numpy.uint8)
    print("differs by", check_classifier(Path(sys.argv[1]), black, numpy.array([[0.5, 0.5]])))
"""


@pytest.mark.slow
def test_the_fresh_process_knows_the_layers_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    write_json(tmp_path / RESULT, {"class_names": ["down", "across"]})
    write_json(tmp_path / CONFIG, {"arm": {"train": {"tta": "none"}}})
    words = [sys.executable, str(tmp_path / "mine.py"), str(tmp_path)]
    done = subprocess.run(
        words, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert "differs by 0.0" in done.stdout, done.stderr


@pytest.mark.slow
def test_one_that_cannot_be_loaded_is_named(tiny_images: Images, tmp_path: Path) -> None:
    (tmp_path / MODEL).write_bytes(b"half a file")
    write_json(tmp_path / RESULT, {"class_names": ["down", "across"]})
    write_json(tmp_path / CONFIG, {"instance": "", "arm": {"train": {"tta": "none"}}})
    with pytest.raises(InputError, match=r"cannot be loaded: .*it is no Keras model") as error:
        check_classifier(tmp_path, some(tiny_images), np.ones((PICTURES, 2)))
    assert "was not handed over" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_asked_is_spread_over_the_images(tiny_images: Images, tmp_path: Path) -> None:
    shown = some(tiny_images)
    assert shown.shape == (PICTURES, 32, 32, 3)
    np.testing.assert_array_equal(shown[[0, -1]], tiny_images.pixels[[0, -1]])
    assert len(some(tiny_images.select(np.arange(3)))) == 3
    write_check(tmp_path, shown, np.eye(2)[[0] * PICTURES])
    shutil.move(tmp_path / "check.npz", tmp_path / "moved")
    with pytest.raises(InputError, match="does not say what the classifier answered"):
        read_check(tmp_path)
