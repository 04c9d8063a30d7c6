import keras
import numpy as np
import pytest

from classifiers.errors import InputError
from classifiers.inference.probabilities import probabilities
from tests.classifiers.tiny import SIDE, labelled, tiny


def test_views_are_averaged() -> None:
    model = tiny()
    images, _ = labelled(1, 5)
    floats = images.astype(np.float32) / 255
    plain = probabilities(model, images)
    mirrored = probabilities(model, floats[:, :, ::-1])
    flip = probabilities(model, images, tta="flip", batch=2)
    np.testing.assert_allclose(flip, (plain + mirrored) / 2, atol=1e-6)
    np.testing.assert_allclose(
        probabilities(model, images, tta="flip+shift"), flip / 2 + shifted_views(model, floats) / 2
    )


def shifted_views(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Mean over both 1-pixel shifts, by index: row -1 is row 1, row 16 is row 14."""
    rows = np.arange(-1, SIDE + 1)
    rows = np.where(rows < 0, 1, np.where(rows == SIDE, SIDE - 2, rows))
    padded = images[:, rows][:, :, rows]
    corners = (padded[:, :SIDE, :SIDE], padded[:, 2:, 2:])
    return np.mean([probabilities(model, view, tta="flip") for view in corners], axis=0)


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 9, 9, 3\).*\[N, 16, 16, 3\]"):
        probabilities(tiny(), np.zeros((2, 9, 9, 3), np.uint8))


def test_answers_that_are_not_finite_are_no_probabilities() -> None:
    model = tiny()
    model.set_weights([np.full_like(weight, np.inf) for weight in model.get_weights()])
    with pytest.raises(InputError, match=r"not finite: its training broke down"):
        probabilities(model, labelled(1, 5)[0])
