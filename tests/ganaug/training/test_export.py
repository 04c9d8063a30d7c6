import keras
import pytest

import ganaug
from groundwork.files import read_json
from tests.ganaug.tiny import TINY


@pytest.mark.slow
@pytest.mark.parametrize("half_life", [0, 500])
def test_what_is_kept_of_half_precision_computes_in_float32(half_life, images, tmp_path):
    config = TINY.model_copy(update={"precision": "mixed_bfloat16", "ema_half_life": half_life})
    folder = tmp_path / "0-noise"
    ganaug.train(images, config, folder, class_name="noise")
    for name in ("generator", "discriminator"):
        network = keras.saving.load_model(folder / f"{name}.keras", safe_mode=True)
        layers = [layer for layer in network._flatten_layers() if layer.weights]
        assert {layer.compute_dtype for layer in layers} == {"float32"}
    assert read_json(folder / "config.json")["computed_in"] == "mixed_bfloat16"
