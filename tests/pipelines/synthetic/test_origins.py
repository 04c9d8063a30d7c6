"""Where synthetic images come from."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from ganaug import GanConfig
from pipelines.data.images import resized
from pipelines.errors import InputError
from pipelines.recipes.mix import MixConfig
from pipelines.synthetic.origins import synthesise
from tests.pipelines.mixing.greys import NAMES, REAL, greys


def test_exact_copies_take_turns():
    made = synthesise(MixConfig(origin="copies", copy_augment="", per_class=12), greys(REAL), 0)
    counts = Counter(made.images.pixels[:, 0, 0, 0].tolist())
    assert sorted(counts.values()) == [2] * 6 + [3] * 4  # 12 of 5 originals, twice
    assert made.images.labels.tolist() == [0] * 12 + [1] * 12
    assert all(made.images.pixels[:, 0, 0, 0] % 2 == made.images.labels)
    np.testing.assert_array_equal(made.targets, np.eye(2)[made.images.labels])


def test_changed_copies_are_pillows(tiny_images):
    config = MixConfig(origin="copies", copy_augment="flip(1)|invert(1)", per_class=12)
    made = synthesise(config, tiny_images, 0)
    expected = {
        np.asarray(ImageOps.invert(ImageOps.mirror(Image.fromarray(image)))).tobytes()
        for image in tiny_images.pixels
    }
    assert {image.tobytes() for image in made.images.pixels} == expected


def test_every_copy_is_changed_in_its_own_way(tiny_images):
    made = synthesise(MixConfig(origin="copies", per_class=300), tiny_images, 0)
    distinct = {image.tobytes() for image in made.images.pixels}
    assert len(distinct) > 450  # 24 originals in 2 x 81 ways, 600 drawn


def test_mixup_copies_have_mixed_labels():
    config = MixConfig(origin="copies", copy_augment="mixup", per_class=40)
    made = synthesise(config, greys(range(0, 200, 199)), 0)  # a black cat and a bright dog
    fraction = made.images.pixels[:, 0, 0, 0] / 199
    np.testing.assert_allclose(made.targets[:, 1], fraction, atol=0.003)
    assert np.any((fraction > 0.1) & (fraction < 0.9))


def test_noise_knows_nothing():
    config = MixConfig(origin="noise", per_class=100)
    made = synthesise(config, greys(REAL), 0).images
    assert made.counts().tolist() == [100, 100]
    assert len({image.tobytes() for image in made.pixels}) == 200
    for label in (0, 1):
        assert made.of_class(label).mean() == pytest.approx(127.5, abs=2)
    other = synthesise(config, greys(REAL), 1).images
    assert not np.array_equal(made.pixels, other.pixels)


def test_further_real_images_are_taken_from_the_front():
    further = greys(range(50, 80))
    made = synthesise(MixConfig(origin="extra_real", per_class=3), greys(REAL), 0, further=further)
    assert made.images.pixels[:, 0, 0, 0].tolist() == [50, 52, 54, 51, 53, 55]
    more = MixConfig(origin="extra_real", per_class=16)
    with pytest.raises(InputError, match="15 further real images of a class, 16 are asked for"):
        synthesise(more, greys(REAL), 0, further=further)


def test_smoothing_is_shared_evenly():
    config = MixConfig(origin="noise", per_class=1, synthetic_smoothing=0.3)
    np.testing.assert_allclose(
        synthesise(config, greys(REAL), 0).targets, [[0.85, 0.15], [0.15, 0.85]], rtol=1e-6
    )


@pytest.mark.parametrize("origin", ["bank", "near"])
def test_generators_are_asked_class_by_class(origin):
    class FakeBank:
        """Answers with images that say what they were asked for."""

        image_size = 4

        def settings(self):
            return [GanConfig()] * 2

        def sample(self, name, n, seed, truncation):
            assert (seed, truncation) == (7, 0.5)
            return np.full((n, 4, 4, 3), 100 + NAMES.index(name), np.uint8)

        def near(self, name, images, n, seed, reach):
            assert (seed, reach) == (7, 0.3)
            assert set((images % 2).ravel()) == {NAMES.index(name)}
            return np.full((n, 4, 4, 3), 200 + NAMES.index(name), np.uint8)

    config = MixConfig(origin=origin, per_class=2, truncation=0.5, reach=0.3)
    made = synthesise(config, greys(REAL), 7, bank=FakeBank())
    base = 100 if origin == "bank" else 200
    assert made.images.pixels[:, 0, 0, 0].tolist() == [base, base, base + 1, base + 1]
    assert made.images.labels.tolist() == [0, 0, 1, 1]
    assert not [note for note in made.notes if "pixels" in note]
    real = greys(REAL)
    larger = synthesise(config, replace(real, pixels=resized(real.pixels, 8)), 7, bank=FakeBank())
    assert larger.images.size == (8, 8)
    assert larger.images.pixels[:, 3, 3, 0].tolist() == [base, base, base + 1, base + 1]
    assert larger.notes[0] == "generated images of 4 pixels were enlarged to 8"
