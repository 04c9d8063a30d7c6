"""Changed copies: exact contents."""

import itertools

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipelines.augment.offline import Expansion, variants
from pipelines.data.images import Images
from pipelines.errors import InputError
from tests.pipelines.augment.offline.noise import FIVE, everything, pillow


def test_flip_is_pillows():
    images = everything(Expansion(FIVE, "flip"))
    np.testing.assert_array_equal(images.pixels[5:], pillow(ImageOps.mirror))
    np.testing.assert_array_equal(images.labels[5:], FIVE.labels)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_rotate_is_pillows(turns):
    images = everything(Expansion(FIVE, "rotate")).pixels
    how = getattr(Image.Transpose, f"ROTATE_{90 * turns}")
    expected = pillow(lambda picture: picture.transpose(how))
    np.testing.assert_array_equal(images[5 * turns : 5 * turns + 5], expected)


def test_isolate_keeps_one_channel():
    images = everything(Expansion(FIVE, "isolate")).pixels
    for channel in range(3):
        ours = images[5 + 5 * channel : 10 + 5 * channel]
        np.testing.assert_array_equal(ours[..., channel], FIVE.pixels[..., channel])
        assert ours.sum() == FIVE.pixels[..., channel].sum()


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("pixels", [[5, 4, 7, 6], [1, 0, 3, 2], [13, 12, 15, 14], [9, 8, 11, 10]]),
        ("patches", [[10, 11, 8, 9], [14, 15, 12, 13], [2, 3, 0, 1], [6, 7, 4, 5]]),
    ],
)
def test_patch_shuffle_by_hand(of, expected, monkeypatch):
    """Patches of 2x2 in an image of 5x4 that counts from 0; to shuffle is to reverse."""

    class Reverses:
        def permuted(self, places, axis):
            return np.flip(places, axis)

        def shuffle(self, patches):
            patches[:] = patches[::-1].copy()

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Reverses())
    counting = np.repeat(np.arange(20, dtype=np.uint8).reshape(1, 5, 4, 1), 3, axis=3)
    (shuffled,) = variants.patch_shuffle(counting, 0, kernel=2, of=of)
    for channel in np.moveaxis(shuffled[0], -1, 0):
        assert channel.tolist() == [*expected, [16, 17, 18, 19]]


def test_patch_shuffle_keeps_the_pixels_of_each_patch():
    shuffled = everything(Expansion(FIVE, "patch_shuffle(4)")).pixels[5:]
    assert not np.any(np.all(shuffled == FIVE.pixels, axis=(1, 2, 3)))
    for row, column in itertools.product((0, 4), (0, 4)):
        patch = np.s_[:, row : row + 4, column : column + 4]
        ours, theirs = (
            np.sort(images[patch].reshape(5, 16, 3).view("u1,u1,u1")[..., 0], axis=1)
            for images in (np.ascontiguousarray(shuffled), FIVE.pixels)
        )
        np.testing.assert_array_equal(ours, theirs)


def test_shuffled_patches_stay_whole():
    shuffled = everything(Expansion(FIVE, "patch_shuffle(4, patches)")).pixels[5:]
    corners = list(itertools.product((0, 4), (0, 4)))

    def patches(image):
        return [image[row : row + 4, column : column + 4].tobytes() for row, column in corners]

    for ours, theirs in zip(shuffled, FIVE.pixels, strict=True):
        assert sorted(patches(ours)) == sorted(patches(theirs))


def test_every_shuffle_of_a_patch_comes_up():
    one = Images(FIVE.pixels[:1, :2, :2], np.zeros(1, int), ("a",), "one")
    drawn = [Expansion(one, "patch_shuffle(2)", seed).take([1])[0].tobytes() for seed in range(300)]
    counts = [drawn.count(each) for each in set(drawn)]
    assert len(counts) == 24  # 4! orders of the pixels
    assert max(counts) < 30


def test_a_remainder_beside_the_patches_stays():
    shuffled = everything(Expansion(FIVE, "patch_shuffle(3)")).pixels[5:]
    np.testing.assert_array_equal(shuffled[:, 6:], FIVE.pixels[:, 6:])
    np.testing.assert_array_equal(shuffled[:, :, 6:], FIVE.pixels[:, :, 6:])


def test_only_square_images_turn_by_a_quarter():
    wide = Images(np.zeros((2, 8, 10, 3), np.uint8), np.array([0, 1]), ("a", "b"), "wide")
    with pytest.raises(InputError, match="rotate needs square images, received 8x10"):
        Expansion(wide, "rotate")
