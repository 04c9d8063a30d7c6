"""Moves, beside Pillow and SciPy."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
from PIL import Image, ImageOps

from tests.pipelines.augment.reference import IMAGES, LABELS, SIZE, augmented, pillow


def test_flip_is_pillows():
    np.testing.assert_allclose(augmented("flip(1)")[0], pillow(ImageOps.mirror), atol=1e-6)


def test_flip_takes_the_share_asked_for():
    images = np.repeat(IMAGES[:1], 2000, axis=0)
    flipped = augmented("flip(0.2)", images, np.ones((2000, 1), np.float32))[0]
    fraction = np.mean(np.any(flipped != images, axis=(1, 2, 3)))
    assert abs(fraction - 0.2) < 0.04


@pytest.mark.parametrize(("text", "mode"), [("shift(3)", "mirror"), ("crop(3)", "constant")])
def test_shift_and_crop_are_scipys(text, mode):
    moves = set()
    for image, moved in zip(IMAGES, augmented(text)[0], strict=True):
        [move] = [
            (y, x)
            for y in range(-3, 4)
            for x in range(-3, 4)
            if np.array_equal(scipy.ndimage.shift(image, (y, x, 0), order=0, mode=mode), moved)
        ]
        moves.add(move)
    assert len(moves) > 8


@pytest.mark.parametrize("degrees", [-170, -33, 7, 90, 120])
def test_rotation_is_pillows(degrees):
    turned = augmented(f"rotation({degrees}, {degrees})")[0]
    expected = pillow(lambda picture: picture.rotate(degrees, Image.Resampling.NEAREST))
    assert np.mean(np.abs(turned - expected) < 1e-6) > 0.99  # rounding on the rim


def test_bilinear_rotation_is_pillows():
    turned = augmented("rotation(25, 25, bilinear)")[0]
    expected = pillow(lambda picture: picture.rotate(25, Image.Resampling.BILINEAR))
    inside = np.s_[:, 3:-3, 3:-3]
    np.testing.assert_allclose(turned[inside], expected[inside], atol=1.5 / 255)


def test_resized_crop_shows_a_part():
    # An image that grows from left to right: a crop of it grows too, within its range.
    ramp = np.tile(np.linspace(0, 1, SIZE, dtype=np.float32)[:, None], (8, SIZE, 1, 3))
    cropped = augmented("resized_crop(0.1, 0.5)", ramp, LABELS[:8])[0]
    assert np.all(np.diff(cropped, axis=2) >= 0)
    span = cropped[:, 0, -1, 0] - cropped[:, 0, 0, 0]
    assert np.all((span > 0.2) & (span < 0.85))


def test_alternating_flip_shows_each_side_every_other_epoch():
    first = augmented("alternating_flip", epoch=0)[0]
    second = augmented("alternating_flip", epoch=1)[0]
    np.testing.assert_array_equal(first, second[:, :, ::-1])
    np.testing.assert_array_equal(first, augmented("alternating_flip", epoch=2, step=9)[0])
    flipped = np.any(first != IMAGES, axis=(1, 2, 3))
    assert 3 < flipped.sum() < 13
