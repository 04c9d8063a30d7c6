"""Reading an image through one warp or several at once."""

import numpy as np
import scipy.ndimage
import scipy.stats
import tensorflow as tf

from pipelines.augment.warp import Warp, resample
from tests.pipelines.augment.reference import IMAGES, SIZE


def test_crop_reads_like_scipy():
    numbers = (tf.constant([number]) for number in (0.6, 0.4, 1.3, -0.8))
    warp = Warp(*numbers, sampling="bilinear")
    centred = np.arange(SIZE) - (SIZE - 1) / 2
    rows, columns = 0.4 * centred - 0.8 + 5.5, 0.6 * centred + 1.3 + 5.5
    grid = np.meshgrid(rows, columns, indexing="ij")
    expected = [scipy.ndimage.map_coordinates(IMAGES[0, ..., c], grid, order=1) for c in range(3)]
    read = resample(tf.constant(IMAGES[:1]), [warp])[0]
    np.testing.assert_allclose(read, np.stack(expected, -1), atol=1e-3)


def test_moves_of_whole_pixels_share_a_reading_exactly():
    moves = [
        Warp(xx=tf.constant([-1.0, 1.0] * 8)),
        Warp(x0=tf.constant([2.0] * 16), y0=tf.constant([-3.0, 1.0] * 8), edge="reflect"),
        Warp(y0=tf.constant([4.0] * 16), edge="black"),
        Warp(x0=tf.constant([-5.0] * 16), edge="reflect"),
    ]
    step_by_step = tf.constant(IMAGES)
    for move in moves:
        step_by_step = resample(step_by_step, [move])
    np.testing.assert_array_equal(resample(tf.constant(IMAGES), moves), step_by_step)


def test_a_black_frame_hides_what_lies_outside():
    # Shifted out of the frame and back, pixels are lost; read at once, they must be lost too.
    there, back = (Warp(x0=tf.fill([16], move), edge="black") for move in (5.0, -5.0))
    expected = IMAGES.copy()
    expected[:, :, :5] = 0
    np.testing.assert_array_equal(resample(tf.constant(IMAGES), [there, back]), expected)
