"""Images between images: a generator that only reshapes can be inverted and followed by hand."""

import keras
import numpy as np
import pytest

from ganaug.latent.interpolation import slerp
from ganaug.latent.inversion import invert, neighbours

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(40, 216, (4, 4, 4, 3), np.uint8)


@pytest.fixture(scope="module")
def reshaping() -> keras.Model:
    """48 latent numbers are the 48 values of a 4x4 image, through tanh."""
    latent = keras.Input((48,))
    return keras.Model(latent, keras.layers.Reshape((4, 4, 3))(keras.ops.tanh(latent)))


def wanted() -> np.ndarray:
    return np.arctanh(IMAGES.reshape(4, 48) / 127.5 - 1)


@pytest.mark.slow
def test_inversion_finds_the_latent_vectors(reshaping: keras.Model) -> None:
    found = invert(reshaping, IMAGES)
    np.testing.assert_allclose(found, wanted(), atol=0.05)


@pytest.mark.slow
def test_neighbours_at_no_distance_are_the_images_in_turn(reshaping: keras.Model) -> None:
    near = neighbours(reshaping, IMAGES, 6, seed=0, reach=0)
    expected = IMAGES[[0, 1, 2, 3, 0, 1]].astype(int)
    assert np.abs(near - expected).max() <= 3


@pytest.mark.slow
def test_neighbours_lie_between_two_images(reshaping: keras.Model) -> None:
    near = neighbours(reshaping, IMAGES, 40, seed=0, reach=0.4)
    fractions, ends = [], []
    for index, image in enumerate(near):
        start = index % 4
        misses = {
            (end, fraction): np.abs(
                np.tanh(slerp(wanted()[start], wanted()[end], fraction)).reshape(4, 4, 3)
                - (image / 127.5 - 1)
            ).max()
            for end in range(4)
            for fraction in np.linspace(0, 1, 101)
            if end != start
        }
        end, fraction = min(misses, key=misses.__getitem__)
        assert misses[end, fraction] < 0.06
        fractions.append(fraction)
        ends.append((start, end))
    assert max(fractions) <= 0.41
    assert max(fractions) > 0.3
    assert len(set(ends)) > 9, "nearly all of 12 ordered pairs"


@pytest.mark.slow
def test_the_seed_fixes_the_neighbours(reshaping: keras.Model) -> None:
    first, again, other = (
        neighbours(reshaping, IMAGES, 5, seed=seed, reach=0.5) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_one_image_is_its_own_neighbour(reshaping: keras.Model) -> None:
    near = neighbours(reshaping, IMAGES[:1], 3, seed=0)
    assert np.abs(near - IMAGES[:1].astype(int)).max() <= 3
