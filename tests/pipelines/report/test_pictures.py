import numpy as np
from PIL import Image

from ganaug.grids import image_grid
from pipelines.report import pictures


def test_rows_of_a_grid():
    images = np.random.default_rng(0).integers(0, 255, (30, 8, 8, 3), np.uint8)
    rows = pictures.split_rows(image_grid(images, 10, header=1))
    assert [row.height for row in rows] == [16, 16, 16]
    expected = image_grid(images[10:20], 10).crop((0, 2, rows[1].width, 18))
    assert np.array_equal(np.asarray(rows[1]), np.asarray(expected))
    ragged = Image.fromarray(np.pad(np.asarray(rows[0]), ((0, 3), (0, 0), (0, 0)), "edge"))
    joined = np.concatenate([np.asarray(rows[0]), np.full((4, rows[0].width, 3), 255), ragged])
    assert len(pictures.split_rows(Image.fromarray(joined.astype(np.uint8)))) == 1


def test_progress_spans_the_training(tmp_path):
    images = np.zeros((20, 8, 8, 3), np.uint8)
    (tmp_path / "grids").mkdir()
    for step in (*range(250, 100_000, 250), 100_000):
        image_grid(images, 10, header=1).save(tmp_path / "grids" / f"step-{step:05d}.png")
    steps = [step for step, _ in pictures.progress(tmp_path)]
    assert (len(steps), steps[0], steps[-1]) == (5, 250, 100_000)
    assert steps == sorted(steps)
    assert pictures.progress(tmp_path / "nowhere") == []
