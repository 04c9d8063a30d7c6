"""Past runs, also those that were damaged."""

import json
import os
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.verbs.runs import runs
from tests.pipelines.verbs.command import failing


def compared(*accuracies: float) -> dict[str, object]:
    trainings = [
        {
            "arm": arm,
            "instance": at,
            "result": {"scores": {"accuracy": accuracy + 0.1 * (arm > "a")}},
        }
        for arm in ("a", "flips")
        for at, accuracy in enumerate(accuracies)
    ]
    return {"name": "demo", "recipe": {"data": {"source": "photos/cells"}}, "trainings": trainings}


def searched(objective: str, *scores: list[float]) -> dict[str, object]:
    trials = [{"scores": own, "budget": None} for own in scores]
    return {"name": "small-cnn", "settings": {"tune": {"objective": objective}}, "trials": trials}


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Runs of each kind, one second apart, some of them damaged."""
    texts = {
        "compare/cells": json.dumps(compared(0.7, 0.8) | {"announced": [0.82, 0.7, 0.9]}),
        "comparison/demo-0123": json.dumps(compared(0.6)),
        "tune/small-cnn-0123": json.dumps(searched("accuracy", [0.5, 0.7], [], [0.9, 0.7])),
        "tune/quality-0123": json.dumps(searched("kid", [0.05], [0.02])),
        "tune/none-0123": json.dumps(searched("kid", [])),
        "compare/damaged": '{"name": "dem',
        "compare/other": "[1, 2]",
        "comparison/old-0123": '{"name": "old"}',
        "comparison/begun-0123": None,
    }
    for at, (name, text) in enumerate(texts.items()):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        if text is not None:
            (folder / "result.json").write_text(text)
            os.utime(folder / "result.json", (2000 - at, 2000 - at))
        else:
            os.utime(folder, (1000, 1000))
    for name in ("model.keras", "result.json"):
        path = tmp_path / "compare" / "cells" / "classifier" / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "bank" / "cat-dog-0123" / "0-cat").mkdir(parents=True)
    (tmp_path / "bank" / "cat-dog-0123" / "1-dog").mkdir()
    os.utime(tmp_path / "bank" / "cat-dog-0123", (900, 900))
    (tmp_path / "compare" / ".host-12-cells").mkdir()
    return tmp_path


def test_runs_are_listed_newest_first(outputs: Path) -> None:
    found = [(row.command, row.name, row.outcome) for row in runs(outputs=outputs).rows]
    damaged = "damaged, or of another version: result.json cannot be read"
    assert found == [
        ("compare", "cells", "“flips”, best of 2 on 2 instances: 82.0 % to expect (70.0 to 90.0)"),
        ("classify", "demo: cells", "“flips” 70.0 %, best of 2 on 1 instance"),
        ("tune", "small-cnn", "best of 3 trials: 80.0 % in its folds"),
        ("tune", "small-cnn", "best of 2 trials: KID 0.020"),
        ("tune", "small-cnn", "1 trials, all failed"),
        ("compare", "damaged", damaged),
        ("compare", "other", damaged),
        ("classify", "old-0123", damaged),
        ("classify", "begun-0123", "unfinished: the same command goes on with it"),
        ("gan", "cat, dog", "2 generators"),
    ]


def test_the_list_is_printed(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--outputs", str(outputs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["when", "command", "name", "what", "came", "out", "folder"]
    assert lines[1].endswith(str(outputs / "compare" / "cells"))
    assert lines[-1] == "newest classifier: ganaug predict pictures/ --model latest"
    assert main(["list", "--outputs", str(outputs), "--json"]) == 0
    first, *_ = records = json.loads(capsys.readouterr().out)
    assert len(records) == 10
    assert first["classifier"] == str(outputs / "compare" / "cells" / "classifier")
    assert first["state"] == "finished"
    assert [row["state"] for row in records].count("damaged") == 3


def test_where_nothing_was_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert str(runs(outputs=tmp_path)).startswith("nothing was run yet in ")
    assert "there is no such folder" in failing(capsys, "list", "--outputs", tmp_path / "missing")
