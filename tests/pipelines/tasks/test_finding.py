"""Where the classifier lies that a person means."""

import os
import shutil
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.tasks.finding import find_classifier


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Two runs of `ganaug compare`, the second one newer, and a training."""
    folders = [tmp_path / "compare" / name / "classifier" for name in ("cells", "birds")]
    for when, folder in enumerate([*folders, tmp_path / "train" / "demo-real-0-0123"]):
        folder.mkdir(parents=True)
        for name in ("model.keras", "result.json"):
            (folder / name).touch()
            os.utime(folder / name, (1000 + when, 1000 + when))
    for folder in folders:
        (folder.parent / "report.html").touch()
    return tmp_path


def test_a_run_its_page_and_its_classifier_name_the_same(outputs: Path) -> None:
    run = outputs / "compare" / "cells"
    for named in (run, run / "report.html", run / "classifier", run / "classifier" / "model.keras"):
        assert find_classifier(named, Path("elsewhere")) == run / "classifier"
    training = outputs / "train" / "demo-real-0-0123"
    assert find_classifier(str(training), Path("elsewhere")) == training


def test_latest_is_the_newest_that_was_handed_over(outputs: Path) -> None:
    assert find_classifier("latest", outputs) == outputs / "compare" / "birds" / "classifier"
    (outputs / "compare" / "birds" / "classifier" / "model.keras").unlink()
    assert find_classifier(Path("latest"), outputs) == outputs / "compare/cells/classifier"
    shutil.rmtree(outputs / "compare")
    with pytest.raises(InputError, match=r"--model latest: no classifier lies in \S+compare; run"):
        find_classifier("latest", outputs)


def test_what_holds_none_is_named(outputs: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder; give a folder outputs/compare"):
        find_classifier(outputs / "compare" / "celsl", outputs)
    with pytest.raises(InputError, match=r"compare holds no finished training \(no model.keras\)"):
        find_classifier(outputs / "compare", outputs)
    training = outputs / "train" / "demo-real-0-0123"
    (training / "result.json").unlink()
    with pytest.raises(InputError, match=r"\(no result.json beside its model.keras\)"):
        find_classifier(training, outputs)
