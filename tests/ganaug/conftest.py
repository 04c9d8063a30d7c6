import numpy as np
import pytest


@pytest.fixture(scope="session")
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), np.uint8)
