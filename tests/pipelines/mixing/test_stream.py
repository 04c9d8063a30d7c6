"""The stream of batches made of a set or an expansion."""

import subprocess
import sys

import numpy as np
import pytest

from pipelines.augment import parse
from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.mixing.stream import steps_per_epoch, stream
from pipelines.recipes.feed import InputConfig
from tests.pipelines.augment.offline.noise import FIVE, noise


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
        whole = zip(*expansion.take(np.arange(len(expansion))), strict=True)
        assert streamed == sorted((image.tobytes(), label) for image, label in whole)

    @pytest.mark.slow
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


@pytest.mark.slow
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
