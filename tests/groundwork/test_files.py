import signal
import subprocess
import sys
from pathlib import Path

import pytest

from groundwork.errors import InputError
from groundwork.files import PART, replacing, replacing_folder, write_json
from tests.conftest import ROOT

KILLED = """
import os, signal, sys
from pathlib import Path
from groundwork.files import replacing, replacing_folder
target = Path(sys.argv[1])
with (replacing if target.suffix else replacing_folder)(target) as part:
    (part if target.suffix else part / "x").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_while_writing(target: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, target], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL


def test_parts_of_killed_processes_are_removed_and_those_of_others_are_not(tmp_path: Path) -> None:
    """Whatever their numbers, and the names of their machines."""
    for name in ("a.json", "b.json", "made"):
        killed_while_writing(tmp_path / name)
    assert len(list(tmp_path.iterdir())) == 1, "each removes what the one before it has left"
    with replacing(tmp_path / "mine") as part:
        part.write_text("whole")
        write_json(tmp_path / "a.json", {})
        assert {path.name for path in tmp_path.iterdir()} == {"a.json", part.parent.name}
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "mine"}


def test_a_folder_whose_replacement_was_killed_between_two_renames_is_back(tmp_path: Path) -> None:
    scratch = tmp_path / f"{PART}x" / "old" / "made"
    scratch.mkdir(parents=True)
    (scratch / "a").touch()
    write_json(tmp_path / "b.json", {})
    assert (tmp_path / "made" / "a").is_file()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_is_replaced_as_a_whole_or_stays(tmp_path):
    target = tmp_path / "made" / "classifier"
    with replacing_folder(target) as part:
        (part / "a").write_text("old")
        (part / "b").write_text("old")
        assert not target.exists()
    with replacing_folder(target) as part:
        (part / "a").write_text("new")
        assert (target / "a").read_text() == "old"
    assert [path.name for path in target.iterdir()] == ["a"]
    assert (target / "a").read_text() == "new"

    def broken():
        with replacing_folder(target) as part:
            (part / "a").write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert (target / "a").read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match=r"file/classifier cannot be written"),
        replacing_folder(tmp_path / "file" / "classifier"),
    ):
        pass
