"""Offline expansions: exact counts and contents, and the stream of batches made of them."""

import itertools
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipelines.augment import parse
from pipelines.augment.offline import Expansion, variants
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.mixing.stream import steps_per_epoch, stream
from pipelines.recipes.feed import InputConfig

RNG = np.random.default_rng(0)


def noise(count, size=8, classes=2):
    """Return images of noise, so that no two are equal."""
    pixels = RNG.integers(0, 256, (count, size, size, 3), np.uint8)
    names = tuple(f"class {label}" for label in range(classes))
    return Images(pixels, np.arange(count) % classes, names, "noise")


FIVE = noise(5)


def everything(expansion):
    """Return all images of an expansion."""
    pixels, labels = expansion.take(np.arange(len(expansion)))
    return Images(pixels, labels, expansion.copies.class_names, "all")


def pillow(change):
    """Return what a function of a PIL image makes of the five."""
    return np.stack([np.asarray(change(Image.fromarray(picture))) for picture in FIVE.pixels])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 100),
        ("flip", 200),
        ("rotate", 400),
        ("isolate", 400),
        ("patch_shuffle(16)", 200),
        ("mix", 10_100),
        ("flip + rotate + patch_shuffle(16)", 600),
        ("flip + rotate + patch_shuffle(16) + mix", 10_600),
        ("mix(flip + rotate) + patch_shuffle(16)", 250_600),
        ("mix(flip + rotate + patch_shuffle(16))", 360_600),
    ],
)
def test_counts_are_those_of_the_study(text, count):
    hundred = noise(100, size=16)
    expansion = Expansion(hundred, text)
    assert len(expansion) == count
    drawn = RNG.integers(0, count, 500)
    images, labels = expansion.take(drawn)
    assert images.shape == (500, 16, 16, 3)
    assert images.dtype == np.uint8
    assert 150 < labels.sum() < 350


class TestContent:
    def test_originals_come_first(self):
        images, labels = Expansion(FIVE, "flip + mix").take(np.arange(5))
        np.testing.assert_array_equal(images, FIVE.pixels)
        np.testing.assert_array_equal(labels, FIVE.labels)

    def test_flip_is_pillows(self):
        images = everything(Expansion(FIVE, "flip"))
        np.testing.assert_array_equal(images.pixels[5:], pillow(ImageOps.mirror))
        np.testing.assert_array_equal(images.labels[5:], FIVE.labels)

    @pytest.mark.parametrize("turns", [1, 2, 3])
    def test_rotate_is_pillows(self, turns):
        images = everything(Expansion(FIVE, "rotate")).pixels
        how = getattr(Image.Transpose, f"ROTATE_{90 * turns}")
        expected = pillow(lambda picture: picture.transpose(how))
        np.testing.assert_array_equal(images[5 * turns : 5 * turns + 5], expected)

    def test_isolate_keeps_one_channel(self):
        images = everything(Expansion(FIVE, "isolate")).pixels
        for channel in range(3):
            ours = images[5 + 5 * channel : 10 + 5 * channel]
            np.testing.assert_array_equal(ours[..., channel], FIVE.pixels[..., channel])
            assert ours.sum() == FIVE.pixels[..., channel].sum()

    def test_mix_averages_every_ordered_pair(self):
        expansion = Expansion(FIVE, "mix(flip)")
        base = np.concatenate([FIVE.pixels, FIVE.pixels[:, :, ::-1]])
        pairs = list(itertools.product(range(10), range(10)))
        images, labels = expansion.take(np.arange(10, 110))
        for image, label, (first, second) in zip(images, labels, pairs, strict=True):
            mean = (base[first].astype(float) + base[second]) / 2
            np.testing.assert_array_equal(image, np.floor(mean + 0.5))
            assert label == FIVE.labels[first % 5]

    def test_mix_by_hand(self):
        pixels = np.zeros((2, 1, 1, 3), np.uint8)
        pixels[0], pixels[1] = [10, 255, 3], [13, 255, 4]
        expansion = Expansion(Images(pixels, np.array([0, 1]), ("a", "b"), "hand"), "mix")
        images, labels = expansion.take(range(6))
        taken = [(i.ravel().tolist(), label) for i, label in zip(images, labels, strict=True)]
        a, b, average = [10, 255, 3], [13, 255, 4], [12, 255, 4]
        assert taken == [(a, 0), (b, 1), (a, 0), (average, 0), (average, 1), (b, 1)]

    @pytest.mark.parametrize(
        ("of", "expected"),
        [
            ("pixels", [[5, 4, 7, 6], [1, 0, 3, 2], [13, 12, 15, 14], [9, 8, 11, 10]]),
            ("patches", [[10, 11, 8, 9], [14, 15, 12, 13], [2, 3, 0, 1], [6, 7, 4, 5]]),
        ],
    )
    def test_patch_shuffle_by_hand(self, of, expected, monkeypatch):
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

    def test_patch_shuffle_keeps_the_pixels_of_each_patch(self):
        shuffled = everything(Expansion(FIVE, "patch_shuffle(4)")).pixels[5:]
        assert not np.any(np.all(shuffled == FIVE.pixels, axis=(1, 2, 3)))
        for row, column in itertools.product((0, 4), (0, 4)):
            patch = np.s_[:, row : row + 4, column : column + 4]
            ours, theirs = (
                np.sort(images[patch].reshape(5, 16, 3).view("u1,u1,u1")[..., 0], axis=1)
                for images in (np.ascontiguousarray(shuffled), FIVE.pixels)
            )
            np.testing.assert_array_equal(ours, theirs)

    def test_shuffled_patches_stay_whole(self):
        shuffled = everything(Expansion(FIVE, "patch_shuffle(4, patches)")).pixels[5:]
        corners = list(itertools.product((0, 4), (0, 4)))

        def patches(image):
            return [image[row : row + 4, column : column + 4].tobytes() for row, column in corners]

        for ours, theirs in zip(shuffled, FIVE.pixels, strict=True):
            assert sorted(patches(ours)) == sorted(patches(theirs))

    def test_every_shuffle_of_a_patch_comes_up(self):
        one = Images(FIVE.pixels[:1, :2, :2], np.zeros(1, int), ("a",), "one")
        drawn = [
            Expansion(one, "patch_shuffle(2)", seed).take([1])[0].tobytes() for seed in range(300)
        ]
        counts = [drawn.count(each) for each in set(drawn)]
        assert len(counts) == 24  # 4! orders of the pixels
        assert max(counts) < 30

    def test_a_remainder_beside_the_patches_stays(self):
        shuffled = everything(Expansion(FIVE, "patch_shuffle(3)")).pixels[5:]
        np.testing.assert_array_equal(shuffled[:, 6:], FIVE.pixels[:, 6:])
        np.testing.assert_array_equal(shuffled[:, :, 6:], FIVE.pixels[:, :, 6:])

    def test_an_image_is_the_same_however_it_is_reached(self):
        expansion = Expansion(FIVE, "mix(rotate + patch_shuffle(2)) + isolate", seed=4)
        whole = everything(expansion)
        order = RNG.permutation(len(expansion))
        images, labels = Expansion(FIVE, expansion.text, seed=4).take(order)
        np.testing.assert_array_equal(images, whole.pixels[order])
        np.testing.assert_array_equal(labels, whole.labels[order])
        other = everything(Expansion(FIVE, expansion.text, seed=5))
        assert not np.array_equal(other.pixels, whole.pixels)

    def test_further_images_are_not_mixed(self):
        more = noise(3)
        plain = Expansion(FIVE, "mix(flip)")
        joined = plain.with_more(more)
        assert len(joined) == len(plain) + 3 == 10 + 3 + 100
        np.testing.assert_array_equal(joined.take([10, 11, 12])[0], more.pixels)
        np.testing.assert_array_equal(
            joined.take(np.arange(13, 113))[0], plain.take(np.arange(10, 110))[0]
        )
        counts = [np.bincount(everything(one).labels) for one in (joined, plain)]
        assert (counts[0] - counts[1]).tolist() == more.counts().tolist()


def test_nothing_can_be_asked_for():
    assert Expansion(FIVE, "flip").take([])[0].shape == (0, 8, 8, 3)


def test_the_largest_expansion_of_the_study_fits_into_a_corner_of_memory():
    tracemalloc.start()
    expansion = Expansion(noise(100, size=32), "mix(flip + rotate + patch_shuffle(16))")
    for start in range(0, 360_600, 9_000):
        expansion.take(np.arange(start, start + 128) % 360_600)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 2**20


def test_streaming_it_takes_little_memory():
    code = """
from pathlib import Path
import numpy as np
from pipelines.augment import parse
from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.mixing.stream import stream
pixels = np.random.default_rng(0).integers(0, 256, (100, 32, 32, 3), np.uint8)
images = Images(pixels, np.arange(100) % 2, ("a", "b"), "noise")
expansion = Expansion(images, "mix(flip + rotate + patch_shuffle(16))")
assert len(expansion) == 360_600
batches = stream(expansion, parse("flip"), batch=128, seed=0)
for _ in batches.take(400):
    pass
# getrusage would begin with the peak of the process that started this one.
(peak,) = [one for one in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in one]
print(peak.split()[1])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2**20, "KiB: less than a gigabyte, TensorFlow's own included"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flp", "unknown expansion 'flp'; did you mean flip?"),
        ("mix(flp)", "unknown expansion 'flp'; did you mean flip?"),
        ("flip + flip", "flip stands twice"),
        ("mix(flip) + flip", "flip stands twice"),
        ("mix(mix)", "mix stands twice"),
        ("mix(3)", "mix takes terms joined by '+'"),
        ("mix(flip, rotate)", "mix takes terms joined by '+'"),
        ("flip | rotate", "write named steps joined by '+'"),
        ("patch_shuffle(1)", "kernel 2 to 256"),
        ("patch_shuffle(16)", "patch_shuffle(16) needs images of 16 pixels or more, received 8x8"),
    ],
)
def test_says_what_is_wrong(text, message):
    with pytest.raises(InputError) as caught:
        Expansion(FIVE, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_square_images_turn_by_a_quarter():
    wide = Images(np.zeros((2, 8, 10, 3), np.uint8), np.array([0, 1]), ("a", "b"), "wide")
    with pytest.raises(InputError, match="rotate needs square images, received 8x10"):
        Expansion(wide, "rotate")


class TestStream:
    def batches(self, images, count, batch=4, seed=0, text="", **options):
        folder = options.pop("folder", None)
        config = InputConfig(**options)
        dataset = stream(images, parse(text), batch=batch, seed=seed, config=config, folder=folder)
        return [tuple(part.numpy() for part in pair) for pair in dataset.take(count)]

    def test_an_epoch_holds_every_image_once(self):
        ten = noise(10, classes=3)
        assert steps_per_epoch(ten, 4) == 3
        batches = self.batches(ten, 6)
        assert [len(images) for images, _ in batches] == [4, 4, 2, 4, 4, 2]
        orders = []
        for epoch in (batches[:3], batches[3:]):
            images, labels = (np.concatenate(side) for side in zip(*epoch, strict=True))
            found = [
                next(i for i in range(10) if np.array_equal(ten.pixels[i], np.round(image * 255)))
                for image in images
            ]
            assert sorted(found) == list(range(10))
            np.testing.assert_array_equal(labels, np.eye(3, dtype=np.float32)[ten.labels[found]])
            orders.append(found)
        assert orders[0] != orders[1]

    def test_expansions_stream_as_they_are(self):
        expansion = Expansion(FIVE, "mix(flip) + isolate")
        batches = self.batches(expansion, steps_per_epoch(expansion, 16), batch=16)
        images, labels = (np.concatenate(side) for side in zip(*batches, strict=True))
        streamed = sorted(
            (np.round(image * 255).astype(np.uint8).tobytes(), label)
            for image, label in zip(images, labels.argmax(1), strict=True)
        )
        assert streamed == sorted((image.tobytes(), label) for image, label in expansion)

    def test_settings_change_the_speed_and_nothing_else(self, tmp_path):
        expansion = Expansion(FIVE, "mix + flip")
        plain = self.batches(expansion, 9, text="shift(2)")
        for options in (
            {"workers": 0},
            {"workers": 3},
            {"cache": "disk", "folder": tmp_path},
        ):
            for ours, theirs in zip(
                plain, self.batches(expansion, 9, text="shift(2)", **options), strict=True
            ):
                np.testing.assert_array_equal(ours[0], theirs[0])
                np.testing.assert_array_equal(ours[1], theirs[1])
        assert [path.name for path in tmp_path.iterdir()] == ["images.npy"]

    def test_another_seed_gives_another_order(self):
        first, second = (self.batches(FIVE, 1, batch=5, seed=seed)[0][0] for seed in (0, 1))
        assert not np.array_equal(first, second)

    def test_augmentation_waits_for_the_device_when_asked(self):
        inside = self.batches(FIVE, 2, text="invert(1)", on_device=True)
        np.testing.assert_array_equal(inside[0][0], self.batches(FIVE, 2)[0][0])

    def test_full_batches_run_on_into_the_next_epoch(self):
        ten = Images(
            np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1).repeat(3, 3),
            np.arange(10) % 2,
            ("even", "odd"),
            "numbers",
        )
        dataset = stream(ten, parse(""), batch=4, seed=0, full=True)
        batches = [np.round(images.numpy()[:, 0, 0, 0] * 255) for images, _ in dataset.take(10)]
        assert {len(batch) for batch in batches} == {4}
        drawn = np.concatenate(batches).reshape(4, 10)
        assert [sorted(epoch) for epoch in drawn.tolist()] == [list(range(10))] * 4
        assert len({tuple(epoch) for epoch in drawn.tolist()}) > 1

    def test_orders_do_not_come_back(self):
        hundred = noise(100, size=1)
        batches = self.batches(hundred, 300, batch=100)
        assert len({images.tobytes() for images, _ in batches}) == 300

    def test_alternating_flip_knows_its_epochs(self):
        first, second = (
            {image.tobytes() for image, _ in zip(*batch, strict=True)}
            for batch in self.batches(FIVE, 2, batch=5, text="alternating_flip")
        )
        mirrored = {
            np.frombuffer(image, np.float32).reshape(8, 8, 3)[:, ::-1].tobytes() for image in first
        }
        assert mirrored == second

    def test_says_what_is_missing(self):
        empty = Images(np.zeros((0, 8, 8, 3), np.uint8), np.zeros(0, int), ("a",), "none")
        with pytest.raises(InputError, match="the data set is empty"):
            self.batches(empty, 1)
        with pytest.raises(InputError, match="needs a folder"):
            self.batches(Expansion(FIVE, "flip"), 1, cache="disk")
