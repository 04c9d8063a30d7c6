"""What hides a part of an image."""

import numpy as np

from tests.pipelines.augment.reference import IMAGES, augmented


def test_cutout_hides_one_square():
    images, _ = augmented("cutout(5, fill=0.25)", IMAGES * 0.2)
    sides = set()
    for hidden in np.all(images == 0.25, axis=-1):
        rows, columns = np.flatnonzero(hidden.any(1)), np.flatnonzero(hidden.any(0))
        assert hidden.sum() == len(rows) * len(columns)
        sides |= {len(rows), len(columns)}
    assert max(sides) == 5
    assert min(sides) < 5  # some hang over the edge


def test_random_erasing_hides_the_area_asked_for():
    images = np.zeros((64, 40, 40, 3), np.float32)
    erased, _ = augmented("random_erasing(1, 0.1, 0.2)", images, np.ones((64, 1), np.float32))
    fraction = (erased == 0.5).all(-1).mean((1, 2))
    assert fraction.min() > 0.07
    assert fraction.max() < 0.23
    kept, _ = augmented("random_erasing(0)", images, np.ones((64, 1), np.float32))
    assert kept.max() == 0
