"""What was computed of the same pictures is not computed again."""

import numpy as np
import pytest

from pipelines.comparison import instances
from pipelines.data import duplicates, remembered
from pipelines.data.duplicates import near_groups, near_pairs
from pipelines.data.remembered import Arrays, _last, _save
from pipelines.findings.check import check
from pipelines.findings.gallery import gallery_of
from pipelines.recipes.data import DataConfig
from tests.pipelines.data.test_duplicates import scenes

MODULE = "pipelines.data.duplicates"


@pytest.fixture(autouse=True)
def _afresh(monkeypatch, tmp_path):
    monkeypatch.setenv("GANAUG_CACHE_DIR", str(tmp_path / "cache"))
    _last.clear()


def test_the_same_arrays_are_computed_once(monkeypatch, tmp_path):
    monkeypatch.setattr(remembered, "LEAST", 3)
    calls = []

    def compute() -> Arrays:
        calls.append(1)
        return np.arange(3), np.ones(2, bool)

    def ask(rows: int = 4, kind: str = "some") -> Arrays:
        return remembered.remembered(kind, [np.zeros(rows)], MODULE, compute)

    first = ask()
    for _ in range(2):
        again = ask()
        assert [one.tolist() for one in again] == [one.tolist() for one in first]
        assert again[1].dtype == bool
        _last.clear()  # the second time from the disk
    assert len(calls) == 1
    ask(2)
    ask(2)  # few enough to be computed again in another process: never on disk
    ask(kind="other")
    assert len(calls) == 3
    files = sorted((tmp_path / "cache" / "near").iterdir())
    assert len(files) == 2
    for file in files:
        file.write_bytes(file.read_bytes()[:100])
    _last.clear()
    ask()
    assert len(calls) == 4
    monkeypatch.setattr(remembered, "code_version", lambda module: "later")
    _last.clear()
    ask()
    assert len(calls) == 5


def test_old_results_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "MOST", 3)
    for number in range(6):
        _save(tmp_path / "near" / f"{number}.npz", (np.arange(3),))
    assert len(list((tmp_path / "near").iterdir())) == 3


def test_the_groups_do_not_depend_on_what_pictures_hash_to(monkeypatch):
    """`ganaug data` and the splits search the same pictures in the same order, so once."""
    pixels = scenes(40)
    searched = []
    real = duplicates.thumbnails

    def counted(pixels):
        searched.append(len(pixels))
        return real(pixels)

    monkeypatch.setattr(duplicates, "thumbnails", counted)
    twice = np.concatenate([pixels, pixels[:3]])
    assert len(np.unique(near_groups(twice))) == 40
    near_pairs(pixels)
    assert searched == [40]


def test_data_searches_once(image_folder, monkeypatch):
    calls = []
    real = duplicates._likely

    def counted(views):
        calls.append(1)
        return real(views)

    monkeypatch.setattr(duplicates, "_likely", counted)
    source = instances.open_source(DataConfig(source=str(image_folder)))
    check(gallery_of(source), deep=False)
    assert len(calls) <= 1
