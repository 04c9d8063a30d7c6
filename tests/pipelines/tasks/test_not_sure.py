"""What a classifier's folder says of when it is not sure."""

from pathlib import Path

import pytest

from groundwork.files import write_json
from pipelines.errors import InputError
from pipelines.tasks.not_sure import NotSure, read_not_sure
from pipelines.workspace import NOT_SURE

FOUND = NotSure(
    aim=0.95,
    threshold=0.834,
    accuracy=0.952,
    accuracy_interval=(0.9, 0.98),
    coverage=0.83,
    coverage_interval=(0.7, 0.9),
    images=90,
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_not_sure(tmp_path) is None
    write_json(tmp_path / NOT_SURE, FOUND.model_dump(mode="json"))
    assert read_not_sure(tmp_path) == FOUND


@pytest.mark.parametrize("text", ["{", "[]", '{"aim": 0.95}'])
def test_what_is_damaged_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / NOT_SURE).write_text(text)
    with pytest.raises(InputError, match=r"not-sure.json is damaged: delete it to do without"):
        read_not_sure(tmp_path)


def test_it_is_said_in_words() -> None:
    assert FOUND.words == (
        "Of pictures like these it answers 83 % (70 to 90) and is right on 95.2 % of those (90.0 "
        "to 98.0; the aim is 95 %); of the others `ganaug predict` says that it is not sure: their "
        "highest probability is below 83.4 %."
    )
