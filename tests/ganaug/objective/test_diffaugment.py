import keras
import numpy as np
import pytest
import tensorflow as tf

from ganaug.errors import InputError
from ganaug.objective.diffaugment import DiffAugment, parse_policy


def _images(count=16, size=32):
    rng = np.random.default_rng(0)
    one = rng.uniform(-0.9, 0.9, (1, size, size, 3)).astype(np.float32)
    return np.repeat(one, count, axis=0)


@pytest.mark.parametrize("policy", ["color", "translation", "cutout", "color,translation,cutout"])
def test_each_image_is_changed_in_its_own_way(policy):
    images = _images()
    changed = DiffAugment(policy, seed=1)(images).numpy()
    assert changed.shape == images.shape
    assert changed.dtype == np.float32
    distinct = {image.tobytes() for image in changed}
    assert len(distinct) > len(images) / 2
    assert abs(changed).max() < 4


@pytest.mark.parametrize("policy", ["color", "translation", "cutout"])
def test_gradients_reach_every_image(policy):
    images = tf.constant(_images())
    augment = DiffAugment(policy, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(augment(images) * tf.random.stateless_normal(images.shape, [1, 2]))
    gradient = tape.gradient(loss, images).numpy()
    assert (abs(gradient).reshape(len(gradient), -1).max(axis=1) > 0).all()


def test_translation_moves_whole_pixels_and_pads_with_zeros():
    images = np.zeros((200, 32, 32, 3), np.float32)
    images[:, 16, 16] = 1
    moved = DiffAugment("translation", seed=0)(images).numpy()
    assert (moved.sum(axis=(1, 2, 3)) == 3).all()
    _, rows, columns = np.nonzero(moved[..., 0])
    for position in (rows, columns):
        assert set(position - 16) == set(range(-4, 5))


def test_cutout_removes_at_most_a_quarter():
    images = np.ones((200, 32, 32, 3), np.float32)
    removed = 1 - DiffAugment("cutout", seed=0)(images).numpy().mean(axis=(1, 2, 3))
    assert removed.max() == pytest.approx(0.25)
    assert 0 < removed.min() < removed.max()


def test_color_ranges_are_the_papers():
    grey = np.full((500, 32, 32, 3), 0.25, np.float32)
    brightness = DiffAugment("color", seed=0)(grey).numpy()[:, 0, 0, 0] - 0.25
    assert -0.5 <= brightness.min() < -0.45
    assert 0.45 < brightness.max() <= 0.5


def test_probability_is_the_share_of_changed_images():
    augment = DiffAugment("translation", seed=0)
    images = _images(400)
    augment.probability.assign(0.0)
    assert (augment(images).numpy() == images).all()
    augment.probability.assign(0.5)
    changed = (augment(images).numpy() != images).any(axis=(1, 2, 3)).mean()
    assert changed == pytest.approx(0.5 * 80 / 81, abs=0.1)


def test_draws_differ_between_calls_and_repeat_with_the_seed():
    first, again = DiffAugment("color", seed=3), DiffAugment("color", seed=3)
    a, b = keras.ops.convert_to_numpy(first(_images())), first(_images()).numpy()
    assert not np.array_equal(a, b)
    assert np.array_equal(a, again(_images()).numpy())


def test_unknown_policy_is_refused():
    with pytest.raises(InputError, match=r"'colour'.*color, translation, cutout"):
        parse_policy("colour,cutout")
