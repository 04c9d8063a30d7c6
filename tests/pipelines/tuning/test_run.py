"""What a search is run on."""

import numpy as np
import pytest
from PIL import Image

from pipelines.recipes.search import load_search
from pipelines.tuning.run import prepare
from tests.pipelines.searches import TEXT


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(15):
            pixels = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{number}.png")
    return str(tmp_path / "pets")


def test_of_folds_one_is_tuned_in_so_that_no_test_image_chooses(tmp_path, folder):
    path = tmp_path / "trial.toml"
    path.write_text(TEXT.format(tuner="grid", trials=4))
    what = prepare(load_search(path, {"data": {"source": folder}}), tmp_path)
    assert len(what.drawn) == 1
    assert what.search.recipe.data.protocol == "folds"
    tested = set(what.drawn[0].test)
    assert all(not tested & {*fold.train, *fold.test} for fold in what.folds)
    given = {"data": {"source": folder, "instances": 2}}
    assert len(prepare(load_search(path, given), tmp_path).drawn) == 2
