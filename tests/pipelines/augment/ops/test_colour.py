"""Colours, beside Pillow."""

import numpy as np
import pytest
from PIL import ImageOps

from tests.pipelines.augment.reference import augmented, pillow


def test_invert_is_pillows():
    np.testing.assert_allclose(augmented("invert(1)")[0], pillow(ImageOps.invert), atol=1e-6)


@pytest.mark.parametrize("threshold", [0, 100, 255])
def test_solarize_is_pillows(threshold):
    expected = pillow(lambda picture: ImageOps.solarize(picture, threshold))
    solarized = augmented(f"solarize({threshold}, 1)")[0]
    np.testing.assert_allclose(solarized, expected, atol=1e-6)
