import socket

import pytest

from groundwork.errors import InputError
from groundwork.files import replacing_folder, write_json
from tests.ganaug.tiny import run_python


@pytest.mark.slow
def test_parts_of_killed_processes_are_removed(tmp_path):
    dead = run_python("import os; print(os.getpid())")
    here, dead_pid = socket.gethostname(), dead.stdout.strip()
    part, other, mine, elsewhere = (
        tmp_path / f".{host}-{pid}-{name}"
        for host, pid, name in (
            (here, dead_pid, "a.json"),
            (here, dead_pid, "b.json"),
            (here, "1", "a.json"),
            ("elsewhere", dead_pid, "a.json"),
        )
    )
    for path in (part, other, mine, elsewhere):
        path.touch()
    (tmp_path / f".{here}-{dead_pid}-made").mkdir()
    with replacing_folder(tmp_path / "made"):
        pass
    (tmp_path / "made").rmdir()
    write_json(tmp_path / "a.json", {})
    assert sorted(tmp_path.iterdir()) == sorted([other, mine, elsewhere, tmp_path / "a.json"])


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
