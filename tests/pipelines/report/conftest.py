"""A comparison made of thin air, without pictures."""

import pytest

from tests.made_comparison import make_comparison


@pytest.fixture
def plain(tmp_path):
    """A comparison without generators' pictures: quick to make."""
    return make_comparison(tmp_path, pictures=False)
