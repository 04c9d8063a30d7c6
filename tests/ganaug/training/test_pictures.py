import itertools

import keras
import numpy as np
import pytest
from PIL import Image

from ganaug import InputError
from ganaug.grids import image_grid
from ganaug.latent.interpolation import slerp
from ganaug.latent.inversion import invert
from ganaug.latent.sampling import draw_latents, generate
from ganaug.training import pictures


@pytest.fixture(scope="module")
def generator():
    """Random smooth images, as a generator draws them."""
    latent = keras.Input([8])
    x = keras.layers.Dense(48, kernel_initializer=keras.initializers.RandomNormal(0.3, seed=1))(
        latent
    )
    x = keras.layers.Reshape([4, 4, 3])(x)
    x = keras.layers.UpSampling2D(8, interpolation="bilinear")(x)
    return keras.Model(latent, keras.layers.Activation("tanh")(x))


def test_slerp_keeps_the_length_and_hits_both_ends():
    start, end = draw_latents(2, 100, [0])
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    way = slerp(start, end, np.linspace(0, 1, 7, dtype=np.float32))
    assert way.shape == (7, 100)
    assert np.linalg.norm(way, axis=1) == pytest.approx(np.linalg.norm(start), rel=1e-5)
    np.testing.assert_allclose(way[0], start, atol=1e-5)
    np.testing.assert_allclose(way[-1], end, atol=1e-5)
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert steps.std() < 1e-4 * steps.mean()


def test_slerp_of_parallel_vectors_is_a_line():
    vector = draw_latents(1, 8, [0])[0]
    np.testing.assert_allclose(slerp(vector, 3 * vector, 0.5), 2 * vector, rtol=1e-5)


@pytest.mark.slow
def test_inversion_finds_the_latents_of_generated_images(generator):
    images = generate(generator, draw_latents(4, 8, [5]))
    start = generate(generator, invert(generator, images, steps=1))
    found = generate(generator, invert(generator, images, steps=100))
    error, before = (abs(x.astype(int) - images).mean() for x in (found, start))
    assert error < 3
    assert before > 3 * error


def test_interpolation_strip_moves_in_small_steps(generator):
    strip = np.asarray(pictures.interpolation(generator, rows=2, columns=5))
    assert strip.shape == (2 * 66 + 2, 5 * 66 + 2, 3)
    tiles = [strip[2:66, 2 + 66 * i : 66 + 66 * i].astype(int) for i in range(5)]
    near = max(abs(a - b).mean() for a, b in itertools.pairwise(tiles))
    assert 0 < near < abs(tiles[0] - tiles[-1]).mean()


def test_timelapse_has_one_frame_a_grid(tmp_path):
    with pytest.raises(InputError, match="no grids"):
        pictures.timelapse(tmp_path, tmp_path / "a.gif")
    (tmp_path / "grids").mkdir()
    for step in (50, 99_999, 100_000):
        level = {50: 50, 99_999: 100, 100_000: 150}[step]
        grid = image_grid(np.full((4, 8, 8, 3), level, np.uint8), columns=2)
        grid.save(tmp_path / "grids" / f"step-{step:05d}.png")
    target = pictures.timelapse(tmp_path, tmp_path / "out" / "a.gif", seconds_a_frame=0.2)
    with Image.open(target) as gif:
        assert gif.n_frames == 3
        assert gif.info["loop"] == 0
        centres = []
        for frame in range(3):
            gif.seek(frame)
            centres.append(gif.convert("RGB").getpixel((5, 5))[0])
    assert centres == pytest.approx([50, 100, 150], abs=2)
