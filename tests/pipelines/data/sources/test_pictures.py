"""Encoded pictures, read when they are asked for."""

import numpy as np
import pytest
from PIL import Image

from pipelines.data.sources import load_source
from pipelines.data.sources import pictures as module


@pytest.fixture
def wide(tmp_path):
    """Two classes: squares, and pictures whose red end a centre square cuts off."""
    for name in ("square", "wide"):
        (tmp_path / name).mkdir()
        for number in range(3):
            picture = Image.new("RGB", (96, 32) if name == "wide" else (32, 32), "blue")
            picture.paste("red", (0, 0, 16, 32))
            picture.save(tmp_path / name / f"{number}.png")
    return tmp_path


def test_every_fit_is_shown_of_what_squares_cost_most(wide):
    source = load_source(str(wide))
    (reader,) = source.train.readers
    assert reader.in_each_fit(2, 32) == {}  # nothing is known of pictures that were not read
    source.train.hashes()
    found = reader.in_each_fit(2, 32)
    assert list(found) == ["crop", "pad", "squash"]
    red = {fit: (pixels[0, ..., 0] > 200).mean() for fit, pixels in found.items()}
    assert red["crop"] == 0
    assert red["pad"] == pytest.approx(1 / 18, abs=0.02)
    assert red["squash"] == pytest.approx(1 / 6, abs=0.04)
    assert {len(pixels) for pixels in found.values()} == {2}


def test_only_what_is_asked_for_is_decoded(wide, monkeypatch):
    decoded = []
    real = module.decode_all

    def counted(batches, count, *rest):
        decoded.append(count)
        return real(batches, count, *rest)

    monkeypatch.setattr(module, "decode_all", counted)
    source = load_source(str(wide))
    assert decoded == []
    one = source.train.select([4, 1, 4])
    assert (one.read(32).pixels[0] == one.read(32).pixels[2]).all()
    assert decoded == [2]  # each once, and kept
    assert one.read(48).size == (48, 48)
    assert decoded == [2, 2]


def test_what_is_kept_has_a_limit_and_changes_nothing(wide, monkeypatch):
    whole = load_source(str(wide)).train.read(32).pixels
    monkeypatch.setattr(module, "KEPT", 2 * 32 * 32 * 3)
    source = load_source(str(wide))
    for _ in range(2):
        np.testing.assert_array_equal(source.train.read(32).pixels, whole)
