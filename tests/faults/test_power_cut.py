"""A power cut: of every file that was not written to the disk itself, nothing is left."""

import contextlib
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.runs import command, differences, kill, make_folder, run, start, what_counts
from tests.faults.tally import Tally

NOTED = """
import os
_fsync = os.fsync
def noting(opened):
    number = opened if isinstance(opened, int) else opened.fileno()
    _fsync(number)
    with open({log!r}, "a") as log:
        log.write(f"{{os.fstat(number).st_ino}}\\n")
os.fsync = noting
"""
"""Python runs it first, in every process: which files are on the disk."""


def cut(outputs: Path, log: Path) -> int:
    """Empty what is not on the disk; return how many files that were."""
    safe = set(log.read_text().split()) if log.exists() else set()
    lost = [path for path in outputs.rglob("*") if path.is_file() and path.stat().st_size]
    lost = [path for path in lost if str(path.stat().st_ino) not in safe]
    for path in lost:
        path.write_bytes(b"")
    return len(lost)


@pytest.mark.parametrize("verb", ["gan", "classify", "tune"])
def test_power_cuts(
    verb: str, tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]
) -> None:
    times = tries(int(verb == "gan"), 8)
    if not times:
        pytest.skip("with --long")
    seed, failed = random.SystemRandom().randrange(10**6), []
    rng, log = random.Random(seed), tmp_path / "fsynced"
    make_folder(tmp_path)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NOTED.format(log=str(log)))
    words, site = command(verb, tmp_path), str(tmp_path / "site")
    seconds = run(words, tmp_path / "whole")
    expected = what_counts(tmp_path / "whole")
    for number in range(times):
        outputs = tmp_path / "cut"
        process = start(words, outputs, PYTHONPATH=site)
        with contextlib.suppress(subprocess.TimeoutExpired):  # at the very end, too
            process.wait(rng.uniform(0.4, 1) * seconds if number % 2 else 1200)
        kill(process, "group")
        cut(outputs, log)
        try:
            run(words, outputs)
            changed = differences(expected, what_counts(outputs))
            failed += [f"{name} differs" for name in changed]
        except AssertionError as error:
            failed.append(str(error))
        shutil.rmtree(outputs)
        log.unlink(missing_ok=True)
    tally.note(f"power cut during ganaug {verb}, then the same command", times, failed, seed)
