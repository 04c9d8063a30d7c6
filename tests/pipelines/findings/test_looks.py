import numpy as np
from PIL import Image, ImageFilter

from pipelines.findings.gallery import Gallery
from pipelines.findings.looks import poor_pictures
from tests.pipelines.data.test_duplicates import scenes


def test_poor_pictures_are_told_apart():
    pixels = scenes(20, 64)
    pixels = (pixels + np.random.default_rng(0).integers(0, 20, pixels.shape)).clip(0, 255)
    pixels = pixels.astype(np.uint8)
    blurred = Image.fromarray(pixels[0]).filter(ImageFilter.GaussianBlur(3))
    poor = [np.full_like(pixels[0], 90), pixels[1] // 8, 210 + pixels[2] // 6, np.asarray(blurred)]
    pixels = np.concatenate([pixels, poor])
    names = tuple(map(str, range(24)))
    own = Gallery(pixels, np.zeros(24, int), ("a", "b"), names, ("train",) * 24)
    assert [(one.file, one.finding) for one in poor_pictures(own, pixels)] == [
        ("20", "blank"),
        ("21", "dark"),
        ("22", "over-exposed"),
        ("23", "blurred"),
    ]


def test_blank_pictures_alone():
    own = Gallery(
        np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1]), ("a", "b"), ("x", "y"), ("t",) * 2
    )
    assert [one.finding for one in poor_pictures(own, own.pixels)] == ["blank", "blank"]
