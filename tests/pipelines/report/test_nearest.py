import hashlib

import numpy as np
import pytest
from PIL import Image

from ganaug.grids import image_grid, save_picture
from groundwork.files import write_json
from pipelines.data.images import Images
from pipelines.report import nearest as module
from pipelines.report.nearest import draw_nearest, nearest, samples_of
from tests.made_comparison import make_comparison


def noise(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_samples_are_cut_out_pixel_for_pixel(scale):
    images = noise(40, 0)
    found = samples_of(image_grid(images, 10, scale=scale, header=1), 8)
    assert np.array_equal(found, images[10:])


def test_other_pictures_are_no_grids():
    assert samples_of(Image.new("RGB", (101, 77)), 8) is None


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A generator that copies: its eighth sample mirrors the fourth training image."""
    made = make_comparison(tmp_path, instances=1, draws=[["a", "b"]], pictures=False)
    real = Images(noise(24, 1), np.repeat([0, 1], 12), ("a", "b"), "thin air")
    real.save(tmp_path / "instance/made-0/train.npz")
    write_json(tmp_path / made.trainings[0].folder / "config.json", {"instance": "instance/made-0"})
    samples = noise(20, 2)
    samples[7] = real.pixels[3, :, ::-1]
    digest = hashlib.sha256(real.pixels[:12].tobytes()).hexdigest()
    folder = tmp_path / made.gans[0].folder
    write_json(folder / "config.json", {"class_name": "a", "images_sha256": digest})
    save_picture(
        image_grid(np.concatenate([real.pixels[:10], samples]), 10, header=1), folder / "grid.png"
    )
    monkeypatch.setattr(module, "_judge", lambda: lambda images: images.reshape(len(images), -1))
    return made, real


def test_a_copy_stands_above_its_original(made, tmp_path):
    comparison, real = made
    draw_nearest(comparison, comparison.gans, tmp_path)
    folder = tmp_path / comparison.gans[0].folder
    picture = np.asarray(Image.open(folder / "nearest.png"))
    first = picture[2 : 2 + 64 : 8, 2 : 2 + 64 : 8], picture[68 : 68 + 64 : 8, 2 : 2 + 64 : 8]
    assert np.array_equal(first[0], real.pixels[3, :, ::-1])
    assert np.array_equal(first[1], real.pixels[3])
    assert nearest(folder).width == picture.shape[1]


def test_a_picture_is_kept_and_what_is_gone_is_left_out(made, tmp_path, monkeypatch):
    comparison, _ = made
    draw_nearest(comparison, comparison.gans, tmp_path)
    assert nearest(tmp_path / comparison.gans[1].folder) is None
    monkeypatch.setattr(module, "_judge", None)
    (tmp_path / "instance/made-0/train.npz").unlink()
    draw_nearest(comparison, comparison.gans, tmp_path)
    assert nearest(tmp_path / comparison.gans[0].folder)
