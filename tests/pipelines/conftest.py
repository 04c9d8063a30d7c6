from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 20 noisy images of one colour each."""
    root = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(0)
    for name, colour in (("apple", (220, 40, 40)), ("leaf", (40, 200, 40)), ("sky", (60, 90, 220))):
        (root / name).mkdir()
        for index in range(20):
            noise = random.normal(0, 30, (40, 36, 3))
            pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{index}.png")
    return root


@pytest.fixture
def nothing_ships(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What rows of studies came to elsewhere stays out of what a test makes."""
    monkeypatch.setattr("pipelines.verbs.study.COMMITTED", tmp_path / "no measured.json")
