"""How far tasks are, where there is no terminal to draw a bar on."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.tasks import progress as module
from pipelines.tasks.progress import progress


def task(name: str) -> Any:
    return SimpleNamespace(name=name, folder=lambda: Path(name))


@pytest.mark.parametrize("apart", [30.0, 70.0])
def test_a_file_gets_a_line_now_and_then(capsys, monkeypatch, apart):
    now = 0.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    one, other = task("cat"), task("dog")
    with progress("generators", 3, [one, other]) as advance:
        for done, fraction in ((one, 0.5), (one, 1.0), (other, 0.5)):
            now += apart
            advance(done, fraction)
    lines = capsys.readouterr().err.splitlines()
    often = ["generators: 1 of 3, about 3.5 min left (cat 50%)",
             "generators: 2 of 3, about 2.3 min left",
             "generators: 2 of 3, about 70 s left (dog 50%)"]  # fmt: skip
    rarely = ["generators: 2 of 3, about 60 s left"]
    assert lines[:-1] == (often if apart == 70 else rarely)
    assert (
        lines[-1] == f"generators: 2 of 3 finished after {'3.5 min' if apart == 70 else '1.5 min'}"
    )


def test_an_end_in_the_middle_is_told(capsys):
    one = task("cat")
    with pytest.raises(ValueError, match="stop"), progress("generators", 1, [one]):
        raise ValueError("stop")
    assert capsys.readouterr().err.splitlines()[-1].startswith("generators: 0 of 1 finished after")
