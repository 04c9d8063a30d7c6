"""What was answered to every test image, written and read back."""

import numpy as np
import pytest

from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.tasks.predictions import read_predictions, write_predictions
from pipelines.workspace import PREDICTIONS


@pytest.fixture
def test_images() -> Images:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    return Images(pixels, np.array([0, 1, 1, 0, 1]), ("cat", "chien"), "pets")


def test_they_are_read_as_they_were_written(tmp_path, test_images):
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])
    write_predictions(tmp_path, chances, test_images)
    found = read_predictions(tmp_path)
    np.testing.assert_allclose(found.probabilities, chances, atol=1e-7)
    assert found.probabilities.dtype == np.float32
    assert found.labels.tolist() == [0, 1, 1, 0, 1]
    assert found.images == test_images.image_hashes()
    assert found.right.tolist() == [1, 1, 0, 1, 1]


def test_a_training_from_before_there_was_such_has_none(tmp_path):
    assert read_predictions(tmp_path) is None


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_file_is_named(tmp_path, test_images, damage):
    path = tmp_path / PREDICTIONS
    if damage == "cut":
        write_predictions(tmp_path, np.eye(2)[test_images.labels], test_images)
        path.write_bytes(path.read_bytes()[:100])
    else:
        np.savez(path, labels=test_images.labels)
    with pytest.raises(InputError, match=f"{PREDICTIONS}.* delete its folder"):
        read_predictions(tmp_path)
