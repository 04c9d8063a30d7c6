"""A classifier whose folder was moved away from the images that it was trained on."""

from pathlib import Path

import pytest

from groundwork.files import write_json
from pipelines.errors import InputError
from pipelines.tasks.trained import TrainedClassifier
from pipelines.workspace import CONFIG, PREPARATION


def test_how_pictures_are_prepared_is_never_guessed(tmp_path: Path) -> None:
    instance, folder = tmp_path / "instance" / "pets-0", tmp_path / "train" / "pets-real-0"
    write_json(folder / CONFIG, {"instance": "instance/pets-0"})
    write_json(instance / PREPARATION, {"fit": "pad"})
    assert TrainedClassifier(folder).preparation.fit == "pad"
    moved = tmp_path / "another" / "machine" / "mine"
    moved.parent.mkdir(parents=True)
    folder.rename(moved)
    with pytest.raises(InputError, match=r"preparation\.json, which says how .* copy it .*mine"):
        _ = TrainedClassifier(moved).preparation
    write_json(moved / PREPARATION, {"fit": "pad"})
    assert TrainedClassifier(moved).preparation.fit == "pad"
