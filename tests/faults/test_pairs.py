"""Two commands at once on one outputs folder: both end well, and the work is done once."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipelines.tasks.executor import Executor
from tests.conftest import ROOT
from tests.faults.counted import CountedTask
from tests.faults.runs import (
    command,
    differences,
    left_behind,
    make_folder,
    run,
    said,
    start,
    what_counts,
)
from tests.faults.tally import Tally

PAIR = """
import sys
from pathlib import Path
from tests.faults.counted import pair
if __name__ == "__main__":
    pair(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
"""


def test_pairs_of_executors(tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]) -> None:
    """A task that both want, and a folder and a file that both write."""
    times, seed = tries(3, 200), random.SystemRandom().randrange(10**6)
    rng = random.Random(seed)
    words = [sys.executable, "-c", PAIR, tmp_path, str(times)]
    starts = ["".join(rng.choice("01") for _ in range(times)) for _ in range(2)]
    both = [subprocess.Popen([*words, delays], cwd=ROOT) for delays in starts]
    codes = [one.wait(1800) for one in both]
    failed = [f"exit status {code}" for code in codes if code]
    for number in range(times):
        log = tmp_path / str(number) / "common.log"
        done = log.read_text().count("done") if log.exists() else 0
        if done != 1:
            failed.append(f"pair {number}: the task was done {done} times")
        if left := list((tmp_path / str(number)).rglob(".*")):
            failed.append(f"pair {number}: {left} was left")
    tally.note("two executors at once: a task, a folder, a file", times, failed, seed)


def test_pairs_of_commands(tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]) -> None:
    make_folder(tmp_path)
    times, failed = tries(1, 10), []
    run(command("gan", tmp_path), tmp_path / "alone")
    expected = what_counts(tmp_path / "alone")
    for number in range(times):
        outputs = tmp_path / f"pair-{number}"
        verbs = ("gan", "gan") if number % 2 == 0 else ("gan", "classify")
        both = [start(command(verb, tmp_path), outputs, 1) for verb in verbs]
        codes = [one.wait(1200) for one in both]
        failed += [f"exit status {code}: {said(outputs)}" for code in codes if code]
        found = what_counts(outputs)
        failed += [name for name in differences(expected, found) if name in expected]
        failed += [f"{name} was left" for name in left_behind(outputs)]
    tally.note("two commands at once on one folder", times, failed)


def test_a_task_that_another_is_at_is_waited_for(tmp_path: Path) -> None:
    with Executor(tmp_path, 2) as executor:
        results = executor.run([CountedTask(name="a", instance="i", log="a")] * 2)
    assert len(results) == 2
    assert (tmp_path / "a.log").read_text().count("done") == 1
