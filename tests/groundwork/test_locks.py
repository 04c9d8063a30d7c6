"""One at a time, and nothing that a crash leaves locked."""

import signal
import subprocess
import sys
from pathlib import Path

from groundwork.locks import lock_file, locked
from tests.conftest import ROOT

HOLDS = """
import sys, time
from pathlib import Path
from groundwork.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_one_at_a_time_until_it_ends_or_is_killed(tmp_path: Path) -> None:
    target = tmp_path / "x"
    words = [sys.executable, "-c", HOLDS, target]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with locked(target, wait=False) as mine:
            assert not mine
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert lock_file(target).exists()
    with locked(target) as mine:
        assert mine
    assert not list(tmp_path.iterdir())


def test_a_name_of_any_length_has_a_lock(tmp_path: Path) -> None:
    with locked(tmp_path / ("x" * 255)) as mine:
        assert mine
