"""The operations of the policies, beside Pillow and SciPy."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import tensorflow as tf
from PIL import Image

from pipelines.augment.ops.operations import OPERATIONS, carry_out
from tests.pipelines.augment.reference import IMAGES, SIZE, pillow


def test_each_image_goes_through_its_own_operation():
    names = list(OPERATIONS)
    choice = np.arange(16, dtype=np.int32) % len(names)
    levels = np.linspace(0.1, 0.9, 16).astype(np.float32)
    together = carry_out(tf.constant(IMAGES), names, tf.constant(choice), tf.constant(levels))
    for index, name in enumerate(np.array(names)[choice]):
        one = slice(index, index + 1)
        alone = OPERATIONS[name](tf.constant(IMAGES[one]), tf.constant(levels[one]))
        np.testing.assert_allclose(together[one], alone, atol=1e-6)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_take_an_empty_batch(name):
    nothing = OPERATIONS[name](tf.zeros([0, SIZE, SIZE, 3]), tf.zeros([0]))
    assert nothing.shape == (0, SIZE, SIZE, 3)


@pytest.mark.parametrize("slope", [-0.37, 0.23])
def test_shears_are_pillows(slope):
    for name, affine in (
        ("shear_x", (1, slope, 0, 0, 1, 0)),
        ("shear_y", (1, 0, 0, slope, 1, 0)),
    ):
        ours = OPERATIONS[name](tf.constant(IMAGES), tf.fill([16], slope))
        expected = pillow(
            lambda picture, affine=affine: picture.transform(
                picture.size, Image.Transform.AFFINE, affine
            )
        )
        assert np.mean(np.abs(ours - expected) < 1e-6) > 0.99


@pytest.mark.parametrize("level", [-0.4, 0.25])
def test_translations_move_by_whole_pixels(level):
    for name, shift in (("translate_y", (1, 0)), ("translate_x", (0, 1))):
        ours = OPERATIONS[name](tf.constant(IMAGES), tf.fill([16], level))
        moved = -np.array([0, *shift, 0]) * round(level * SIZE)
        expected = scipy.ndimage.shift(IMAGES, moved, order=0, cval=0)
        np.testing.assert_allclose(ours, expected, atol=1e-6)
