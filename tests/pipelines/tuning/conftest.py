"""A small search, and what it is scored on."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.comparison.instances import draw_instances
from pipelines.data.choosing import Fit
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.reader import Preparation
from pipelines.data.sources.source import Source, from_splits
from pipelines.recipes.data import DataConfig
from tests.pipelines.searches import TEXT

DATA = DataConfig(per_class=12, test_per_class=5, instances=2)


@pytest.fixture
def search_file(tmp_path: Path) -> Path:
    path = tmp_path / "trial.toml"
    path.write_text(TEXT.format(tuner="grid", trials=4))
    return path


@pytest.fixture
def fit() -> Fit:
    return "crop"


@pytest.fixture
def drawn(tmp_path: Path, fit: Fit):
    return draw_instances(noise(fit), DATA, tmp_path, [32])


@pytest.fixture
def watched(tmp_path: Path):
    """Instances with validation images of their own."""
    data = DATA.model_copy(update={"protocol": "shares", "shares": (12, 4, 5)})
    return draw_instances(noise(), data, tmp_path, [32])


def noise(fit: Fit = "crop") -> Source:
    rng = np.random.default_rng(0)
    images = Images(
        rng.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8),
        np.repeat([0, 1], 30),
        ("a", "b"),
        "noise",
    )
    return from_splits("noise", {"train": in_memory(images, Preparation(fit=fit))}, [])
