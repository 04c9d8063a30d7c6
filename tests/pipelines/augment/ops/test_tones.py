"""Tone curves and enhancements, beside Pillow."""

import colorsys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from pipelines.augment.ops import tones
from pipelines.augment.ops.operations import OPERATIONS
from tests.pipelines.augment.reference import IMAGES, PICTURES, pillow


def test_hue_is_the_standard_librarys():
    turned = tones.hue(tf.constant(IMAGES), tf.fill([16], 0.3)).numpy()
    h, s, v = colorsys.rgb_to_hsv(*IMAGES[0, 0, 0])
    expected = colorsys.hsv_to_rgb((h + 0.3) % 1, s, v)
    np.testing.assert_allclose(turned[0, 0, 0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "enhance"),
    [
        ("brightness", ImageEnhance.Brightness),
        ("contrast", ImageEnhance.Contrast),
        ("saturation", ImageEnhance.Color),
        ("sharpness", ImageEnhance.Sharpness),
    ],
)
@pytest.mark.parametrize("level", [-0.7, 0.6])
def test_enhancements_are_pillows(name, enhance, level):
    ours = OPERATIONS[name](tf.constant(IMAGES), tf.fill([16], level))
    expected = pillow(lambda picture: enhance(picture).enhance(1 + level))
    np.testing.assert_allclose(ours, expected, atol=2 / 255)  # Pillow rounds on the way


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("equalize", ImageOps.equalize),
        ("autocontrast", ImageOps.autocontrast),
        ("posterize", lambda picture: ImageOps.posterize(picture, 3)),
    ],
)
@pytest.mark.parametrize("factor", [1.0, 0.5, 0.0])
def test_tone_curves_are_pillows(name, change, factor):
    pictures = (PICTURES * factor).astype(np.uint8)  # the last: one level, nothing to spread
    ours = OPERATIONS[name](tf.constant(pictures / np.float32(255)), tf.fill([16], 3.0))
    expected = [np.asarray(change(Image.fromarray(picture))) / 255 for picture in pictures]
    np.testing.assert_allclose(ours, expected, atol=1.01 / 255)


def test_equalize_is_pillows_on_a_large_smooth_image():
    ramp = np.linspace(30, 180, 64 * 64).astype(np.uint8).reshape(64, 64)
    picture = np.stack([ramp, ramp.T, ramp[::-1]], -1)
    ours = tones.equalize(tf.constant(picture[None] / np.float32(255)))[0]
    expected = np.asarray(ImageOps.equalize(Image.fromarray(picture))) / 255
    np.testing.assert_allclose(ours, expected, atol=1e-6)
