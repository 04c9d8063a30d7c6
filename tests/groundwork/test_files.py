import socket

import pytest

from groundwork.files import write_json
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
    write_json(tmp_path / "a.json", {})
    assert sorted(tmp_path.iterdir()) == sorted([other, mine, elsewhere, tmp_path / "a.json"])
