"""What a search is run on."""

import numpy as np
import pytest
from PIL import Image

from pipelines.comparison.plan import plan_trainings
from pipelines.recipes.search import load_search
from pipelines.tasks import train
from pipelines.tasks.executor import Executor
from pipelines.tuning import run
from pipelines.tuning.run import Prepared, prepare
from tests.pipelines.searches import TEXT
from tests.pipelines.tuning.conftest import noise


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


def test_seeds_of_a_fold_are_not_those_of_the_test(search_file, drawn, tmp_path, monkeypatch):
    """Of two instances, two seeds of a fold would be taken for two of the test's instances."""
    planned = []

    def train_arms(recipe, drawn, *_):
        planned.extend(plan_trainings(recipe, drawn, None, {"retrained": 32}))
        return []

    monkeypatch.setattr(run, "train_arms", train_arms)
    search = load_search(search_file, {"seeds": 2, "tune": {"seeds": 3}})
    what = Prepared(search, noise(), drawn, [], tmp_path)
    run._retrain(what, {}, Executor(tmp_path))
    places = [(one.instance, one.task.arm.train.seed) for one in planned]
    assert [index for index, _ in places] == [0, 1] * 3
    assert len(set(places)) == 6


def test_a_search_scored_by_other_code_or_files_is_another_one(tmp_path, folder, monkeypatch):
    """Scores of before would stand among those of now, and the best of them be taken."""
    path, weights = tmp_path / "trial.toml", tmp_path / "mine.h5"
    weights.write_bytes(b"one")
    text = TEXT.format(tuner="random", trials=2).replace('""', '"shift(2)"')
    path.write_text(f'{text}"train.model_params.weights" = ["{weights}"]\n')
    search = load_search(path, {"data": {"source": folder}, "train": {"model": "MobileNetV2"}})

    def found():
        return prepare(search, tmp_path).folder

    first = found()
    assert found() == first
    weights.write_bytes(b"another")
    second = found()
    assert second != first
    monkeypatch.setattr(run, "code_version", lambda name: f"{name}, changed")
    third = found()
    assert third not in (first, second)
    monkeypatch.setattr(train, "added_augmentations", lambda: {"flip": found})
    assert found() not in (first, second, third)
