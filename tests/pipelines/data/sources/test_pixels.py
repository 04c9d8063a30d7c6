"""Pictures and arrays to squares of one size."""

import io

import numpy as np
import pytest
from PIL import Image

from pipelines.data.reader import InMemory, Preparation
from pipelines.data.sources.lost import what_fitting_lost
from pipelines.data.sources.pixels import decode, from_arrays
from pipelines.errors import InputError
from tests.pipelines.data.sources.flat import BLACK, RED, WHITE, flat


@pytest.mark.parametrize(
    ("picture", "colour"),
    [
        (flat((255, 0, 0, 0), mode="RGBA"), WHITE),
        (flat((255, 0, 0, 255), mode="RGBA"), RED),
        (flat((0, 0, 0, 128), mode="RGBA"), (127, 127, 127)),
        (flat((90, 0), mode="LA"), WHITE),
        (flat((77,), mode="L"), (77, 77, 77)),
        (flat(RED).convert("P"), RED),
        (Image.fromarray(np.full((16, 16), 200 * 256 + 9, np.uint16)), (200, 200, 200)),
        (flat((1,), mode="1"), WHITE),
    ],
    ids=["clear", "opaque", "half", "grey clear", "grey", "palette", "16 bit", "1 bit"],
)
def test_any_mode_becomes_rgb_on_white(tmp_path, picture, colour):
    path = tmp_path / "picture.png"
    picture.save(path)
    pixels = decode(path, 8)
    assert pixels.shape == (8, 8, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == colour).all()


def test_a_palette_with_a_transparent_colour_becomes_white(tmp_path):
    path = tmp_path / "picture.gif"
    flat(RED).convert("P").save(path, transparency=flat(RED).convert("P").getpixel((0, 0)))
    assert (decode(path, 8) == WHITE).all()


def test_photographs_stand_upright(tmp_path):
    upright = Image.new("RGB", (16, 16), BLACK)
    upright.paste(WHITE, (0, 0, 16, 8))  # white on top
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right to see it upright
    path = tmp_path / "phone.jpg"
    upright.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    pixels = decode(path, 16).astype(int)
    assert pixels[:6].mean() > 240
    assert pixels[10:].mean() < 15


def test_the_centre_is_kept_and_the_shorter_side_fitted(tmp_path):
    wide = Image.new("RGB", (90, 30), BLACK)
    wide.paste(RED, (30, 0, 60, 30))
    wide.save(tmp_path / "wide.png")
    assert (decode(tmp_path / "wide.png", 10)[:, 1:-1] == RED).all()


def test_an_animation_gives_its_first_frame(tmp_path):
    path = tmp_path / "moving.gif"
    flat(RED).save(path, save_all=True, append_images=[flat(BLACK)])
    assert (decode(path, 8) == RED).all()


def test_large_jpegs_are_read_smaller_and_look_the_same(tmp_path):
    ramp = np.linspace(0, 255, 640).astype(np.uint8)
    picture = Image.fromarray(np.dstack([np.tile(ramp, (640, 1))] * 3))
    picture.save(tmp_path / "ramp.jpg", quality=95)
    picture.save(tmp_path / "ramp.png")
    fast, exact = (decode(tmp_path / name, 32).astype(int) for name in ("ramp.jpg", "ramp.png"))
    assert abs(fast - exact).max() <= 4


def test_small_images_are_set_in_black():
    digits = np.full((2, 28, 28), 255, np.uint8)
    padded = from_arrays(digits)
    assert padded.shape == (2, 32, 32, 3)
    assert (padded[:, 2:30, 2:30] == 255).all()
    assert padded.sum() == digits.sum() * 3


@pytest.mark.parametrize("size", [16, 28, 32, 64])
def test_a_file_of_a_small_picture_is_set_in_black_likewise(tmp_path, size):
    """What is predicted is prepared as what was trained on, smaller than 32 pixels, too."""
    digit = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    Image.fromarray(digit).save(tmp_path / "digit.png")
    trained = InMemory(from_arrays(digit[None])).read(np.array([0]), size)[0]
    shown = decode(tmp_path / "digit.png", size, Preparation(centred=True))
    assert (shown == trained).all()


@pytest.mark.parametrize(
    ("shape", "side"), [((1, 48, 64, 3), 48), ((1, 30, 100, 1), 32), ((1, 40, 40, 4), 40)]
)
def test_arrays_become_squares(shape, side):
    assert from_arrays(np.full(shape, 255, np.uint8)).shape == (1, side, side, 3)


def test_arrays_that_are_no_images_are_refused():
    with pytest.raises(InputError, match=r"\[2, 3, 32, 32\]"):
        from_arrays(np.zeros((2, 3, 32, 32), np.uint8))


def test_what_fitting_loses_is_said():
    photographs = np.array([[640, 480]] * 3 + [[40, 40], [0, 0]])  # the last cannot be read
    shrunk, cut = what_fitting_lost(photographs, 32)
    assert shrunk == "3 of 4 images, 640x480 at the median, were shrunk to 32x32 (--size for more)"
    assert cut.startswith("of 3 of 4 images only the centre square was kept: 25% of their longer")
    assert len(what_fitting_lost(photographs, 321)) == 1
    assert what_fitting_lost(np.array([[50, 47], [0, 0]]), 32) == []
    assert what_fitting_lost(np.zeros((2, 2), int), 32) == []


@pytest.mark.parametrize(
    ("values", "grey"),
    [
        (np.full((16, 16), 0.5, np.float32), 128),  # as scikit-image writes them
        (np.full((16, 16), 77.2, np.float32), 77),
        (np.full((16, 16), 200 * 256, np.int32), 200),
    ],
)
def test_grey_values_of_tiff_files_are_scaled(tmp_path, values, grey):
    Image.fromarray(values).save(tmp_path / "x.tif")
    assert (decode(tmp_path / "x.tif", 8) == grey).all()


@pytest.mark.parametrize("values", [np.int32(-1000), np.int32(70_000), np.float32(300), np.nan])
def test_grey_values_that_say_neither_black_nor_white_are_refused(tmp_path, values):
    picture = np.full((16, 16), values)
    Image.fromarray(picture.astype(np.float32 if picture.dtype == float else picture.dtype)).save(
        tmp_path / "x.tif"
    )
    with pytest.raises(InputError, match=r"grey values from \S+ to \S+ where 0 to .* are known"):
        decode(tmp_path / "x.tif", 8)


def test_inner_is_the_middle_of_a_larger_square():
    picture = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    square, inner = (
        decode(buffer.getvalue(), size, Preparation(fit=fit))
        for size, fit in ((64, "crop"), (56, "inner"))
    )
    assert (inner == square[4:-4, 4:-4]).all()
    whole = InMemory(square[None], Preparation(fit="inner"))
    assert (whole.read(np.array([0]), 56)[0] == inner).all()
    assert (from_arrays(picture[None], "inner") == from_arrays(picture[None])).all()
