"""Short by default; with ``--long`` each kind is tried as often as `docs/reliability.md` says."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.tally import FILE, Tally


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave all of these out of `make check`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    """Where a test writes down what it tried."""
    return Tally(Path(os.environ.get(FILE, tmp_path / "faults.jsonl")))


@pytest.fixture
def tries(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Return how often to try something: the first number, or with ``--long`` the second."""
    long = bool(request.config.getoption("--long", False))
    return lambda short, at_length: at_length if long else short
