import numpy as np
import pytest

from pipelines.errors import InputError
from pipelines.findings import check as module
from pipelines.findings.check import check
from pipelines.findings.gallery import Gallery
from tests.pipelines.data.test_duplicates import scenes


def pool(count: int = 20) -> Gallery:
    pixels = scenes(count)
    pixels[-1] = pixels[0]
    labels = np.arange(count) % 2
    return Gallery(pixels, labels, ("a", "b"), tuple(map(str, range(count))), ("train",) * count)


def test_without_the_network_the_rest_is_checked(monkeypatch):
    def missing(cache):
        raise InputError("the weights are not\ninstalled")

    monkeypatch.setattr(module, "open_features", missing)
    found = check(pool())
    assert [one.finding for one in found.rows] == ["two labels", "two labels"]
    assert found.unchecked == ["labels were not checked: the weights are not installed"]


def test_many_pictures_are_looked_at_only_if_asked(monkeypatch):
    monkeypatch.setattr(module, "MOST_DEEP", 10)
    monkeypatch.setattr(module, "open_features", lambda cache: pytest.fail("nobody asked"))
    assert "20 images are more than 10 (--deep does)" in check(pool()).unchecked[0]
    assert check(pool(), deep=False).unchecked == ["labels were not checked: --no-deep"]


def test_features_are_used_where_there_are_some(monkeypatch):
    def features(pixels):
        return pixels.reshape(len(pixels), -1)[:, ::48].astype(np.float32)

    monkeypatch.setattr(module, "open_features", lambda cache: features)
    found = check(pool(), deep=True)
    assert found.unchecked == []
    assert [one.finding for one in found.rows][:2] == ["two labels", "two labels"]


def test_labels_that_no_folds_can_check_leave_the_rest(monkeypatch):
    def no_folds(*_):
        raise InputError("class 1 cannot be in each of 3 folds")

    monkeypatch.setattr(module, "open_features", lambda cache: lambda pixels: pixels[:, 0, :, 0])
    monkeypatch.setattr(module, "label_findings", no_folds)
    found = check(pool(), deep=True)
    assert [one.finding for one in found.rows] == ["two labels", "two labels"]
    assert found.unchecked == ["labels were not checked: class 1 cannot be in each of 3 folds"]
