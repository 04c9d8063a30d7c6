"""Encoded pictures, read when they are asked for."""

import numpy as np
import pytest
from PIL import Image

from pipelines.data.sources import load_source
from pipelines.data.sources import pictures as module
from pipelines.errors import InputError
from tests.pipelines.data.sources.flat import flat


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
    assert list(found) == ["crop", "inner", "pad", "squash"]
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


def test_a_picture_that_is_swapped_is_noticed(tmp_path):
    """Its place in a split was settled by what it showed before."""
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for number, path in enumerate(paths):
        flat((number, 0, 0)).save(path)
    reader = module.Pictures("own", ["0.png", "1.png"], lambda some: (paths[at] for at in some))
    reader.hashes(np.arange(2))
    assert reader.read(np.arange(2), 16).shape == (2, 16, 16, 3)
    flat((200, 0, 0)).save(tmp_path / "new.png")
    (tmp_path / "new.png").replace(paths[1])
    assert reader.read(np.array([0]), 24).shape == (1, 24, 24, 3)
    with pytest.raises(InputError, match=r"1\.png was changed while the images were used"):
        reader.read(np.array([1]), 24)


@pytest.mark.parametrize(("most", "said"), [(4095, True), (1023, True), (65535, False), (0, False)])
def test_grey_of_12_bits_is_never_dark_in_silence(tmp_path, most, said):
    values = np.linspace(0, most, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(values).save(tmp_path / "0.png")
    reader = module.Pictures("own", ["0.png"], lambda some: [tmp_path / "0.png"])
    reader.hashes(np.arange(1))
    notes = reader.notes([64])
    assert bool(notes) == said
    if said:
        bits, factor = most.bit_length(), 65536 // (most + 1)
        assert notes[0].startswith(
            f"1 of 1 images are of 16-bit grey and use at most {bits} bits of it, so they come out "
            f"dark: multiply their values by {factor}"
        )
