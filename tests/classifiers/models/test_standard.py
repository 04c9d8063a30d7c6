"""Standardised inputs: the same network behind a layer of the images' mean and deviation."""

import keras
import numpy as np
import pytest

from classifiers.inference.probabilities import as_floats, probabilities
from classifiers.models.registry import build_model, load_model
from classifiers.models.standard import LEAST_DEVIATION, Standardise, standardised


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pereira_small", "pereira_baseline", "airbench"])
def test_a_model_sees_images_of_mean_0_and_deviation_1(name, tmp_path):
    """In place of a model's own constants, where it has some, and with its weights."""
    pixels = np.random.default_rng(0).integers(60, 120, (20, 32, 32, 3), dtype=np.uint8)
    params = {"width": 4} if name == "airbench" else {}
    model = build_model(name, (32, 32, 3), 2, **params)
    model.layers[-1].bias.assign([0.5, -0.5])
    other = standardised(model, as_floats(pixels))
    (layer,) = [one for one in other.layers if isinstance(one, Standardise)]
    seen = keras.Model(other.input, layer.output).predict(as_floats(pixels), verbose=0)
    np.testing.assert_allclose(seen.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(axis=(0, 1, 2)), 1, atol=1e-4)
    assert "normalise" not in {one.name for one in other.layers}
    after = [one for one in other.layers if one.weights and one is not layer]
    before = [one for one in model.layers if one.weights]
    for mine, theirs in zip(before, after, strict=True):
        for one, same in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(one, same)
    assert len(other.trainable_variables) == len(model.trainable_variables)
    other.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        probabilities(load_model(tmp_path / "model.keras"), pixels), probabilities(other, pixels)
    )


@pytest.mark.slow
def test_images_of_one_colour_and_sequential_models():
    one_colour = np.full((3, 8, 8, 3), 0.4, np.float32)
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2, name="logits")]
    )
    other = standardised(model, one_colour)
    (layer,) = [one for one in other.layers if isinstance(one, Standardise)]
    np.testing.assert_allclose(layer.deviation, LEAST_DEVIATION)
    assert np.isfinite(other.predict(one_colour, verbose=0)).all()
