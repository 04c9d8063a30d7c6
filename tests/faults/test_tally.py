"""The tally itself: what failed fails the test, and stands in the table."""

from pathlib import Path

import pytest

from tests.faults.tally import Tally, table


def test_what_failed_fails_and_is_counted(tmp_path: Path) -> None:
    tally = Tally(tmp_path / "tally")
    tally.note("a kind", 1200, [], 3)
    with pytest.raises(AssertionError, match="another: 1 of 7"):
        tally.note("another", 7, ["broke"])
    tally.note("a kind", 1, [], 4)
    assert table(tally.read()).splitlines()[2:] == [
        "| a kind | 1,201 | 0 | 3, 4 |",
        "| another | 7 | 1 | – |",
    ]
