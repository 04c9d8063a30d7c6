"""Policies: ranges of the authors, and what each draws."""

import numpy as np
import tensorflow as tf

from pipelines.augment.ops import policies
from tests.pipelines.augment.reference import IMAGES, augmented


def test_ranges_are_torchvisions():
    rand = {name: ends[1] for name, ends in policies._RAND.items()}
    wide = {name: ends[1] for name, ends in policies._TRIVIAL.items()}
    same = {"identity": 0, "autocontrast": 0, "equalize": 0, "solarize": 0}
    enhanced = ("brightness", "saturation", "contrast", "sharpness")
    assert rand == same | dict.fromkeys(enhanced, 0.9) | {
        **{"shear_x": 0.3, "shear_y": 0.3, "rotate": 30, "posterize": 4},
        **{"translate_x": 150 / 331, "translate_y": 150 / 331},
    }
    assert wide == same | dict.fromkeys(enhanced, 0.99) | {
        **{"shear_x": 0.99, "shear_y": 0.99, "rotate": 135, "posterize": 2},
        **{"translate_x": 1, "translate_y": 1},  # by pixels, when they are applied
    }


def test_augmix_keeps_as_many_bits_as_its_authors():
    """Their code: `4 - int(level * 4 / 10)`."""
    first, last = policies._AUGMIX["posterize"]
    for level in (0.1, 2.4, 2.6, 4.9, 5.1, 9.9):
        bits = np.round(np.float32(first + (last - first) * level / 10))
        assert bits == 4 - int(level * 4 / 10)


def test_augmix_is_a_mixture_of_chains_and_the_image(monkeypatch):
    """With chains that turn every image white, only the weight of the image itself is left."""
    monkeypatch.setattr(policies, "carry_out", lambda images, *_: tf.ones_like(images))
    images, _ = augmented("augmix", IMAGES * 0.5)
    kept = (1 - images) / (1 - IMAGES * 0.5)
    np.testing.assert_allclose(kept, kept[:, :1, :1, :1] + 0 * kept, atol=1e-4)
    assert len({round(float(one), 4) for one in kept[:, 0, 0, 0]}) == 16
    assert 0 <= kept.min() < 0.3 < 0.7 < kept.max() <= 1 + 1e-5


def test_rand_augment_differs_from_image_to_image():
    same = np.repeat(IMAGES[:1], 64, axis=0)
    images, _ = augmented("rand_augment", same, np.ones((64, 1), np.float32))
    assert len({image.tobytes() for image in images}) > 40


def test_magnitude_zero_changes_little():
    weak, strong = (
        np.abs(augmented(f"rand_augment(1, {bins})")[0] - IMAGES).mean() for bins in (0, 30)
    )
    assert weak < strong / 2
