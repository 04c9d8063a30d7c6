"""What Windows does otherwise, simulated: nobody has to have one."""

import errno
from pathlib import Path

import pytest

from groundwork import system
from groundwork.errors import InputError
from groundwork.files import replacing, replacing_folder
from groundwork.system import reader_gone, replace


@pytest.fixture
def windows(monkeypatch):
    """Pretend that this is Windows, and return the pauses that were made."""
    pauses: list[float] = []
    monkeypatch.setattr(system, "on_windows", lambda: True)
    monkeypatch.setattr(system.time, "sleep", pauses.append)
    return pauses


def refuse(monkeypatch, times: int) -> None:
    """Let something have the target open for so many attempts."""
    real, left = Path.replace, [times]

    def open_elsewhere(self, target):
        if left[0]:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "being used by another process")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", open_elsewhere)


def test_a_file_that_something_has_open_is_replaced_later(windows, monkeypatch, tmp_path):
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    refuse(monkeypatch, 3)
    replace(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"
    assert windows == [0.05, 0.1, 0.2]


@pytest.mark.parametrize("write", [replacing, replacing_folder])
def test_what_stays_open_is_one_line(windows, monkeypatch, tmp_path, write):
    refuse(monkeypatch, 100)
    with (
        pytest.raises(InputError, match=r"cannot be written .*being used by another"),
        write(tmp_path / "x") as part,
    ):
        part.mkdir() if write is replacing and not part.exists() else None
    assert not (tmp_path / "x").exists()


def test_elsewhere_nobody_waits(monkeypatch, tmp_path):
    def sleeps(seconds):
        raise AssertionError

    monkeypatch.setattr(system.time, "sleep", sleeps)
    (tmp_path / "new").write_text("new")
    refuse(monkeypatch, 1)
    with pytest.raises(PermissionError):
        replace(tmp_path / "new", tmp_path / "old")


def test_a_closed_pipe_by_either_name(windows, monkeypatch):
    gone = [OSError(number, "x") for number in (errno.EPIPE, errno.EINVAL, errno.ENOSPC)]
    assert [reader_gone(error) for error in gone] == [True, True, False]
    monkeypatch.setattr(system, "on_windows", lambda: False)
    assert [reader_gone(error) for error in gone] == [True, False, False]
