"""Large folders and many tasks: memory and open files stay as they are, no process stays behind."""

import gc
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from groundwork.settings import Result
from pipelines.data.sources.listing import list_folder
from pipelines.tasks.base import Progress, Task
from pipelines.tasks.executor import Executor
from tests.conftest import ROOT
from tests.faults.tally import Tally

Tries = Callable[[int, int], int]
PROC = Path("/proc/self")
MOST_A_FILE = 900
"""Bytes of memory for a file of a folder: its name, and its place in two lists."""

pytestmark = pytest.mark.skipif(not PROC.exists(), reason="counted as Linux counts")


def resident() -> int:
    """Return the bytes of memory that this process has."""
    gc.collect()
    return int((PROC / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    """Return how many files, pipes and sockets this process has open."""
    return len(list((PROC / "fd").iterdir()))


def children() -> set[int]:
    """Return the processes that this one has started, and theirs.

    Not Python's own that watches over shared memory: there is one, and it ends with this one.
    """
    parents: dict[int, int] = {}
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = one.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z" and b"resource_tracker" not in one.with_name("cmdline").read_bytes():
            parents[int(one.parent.name)] = int(parent)
    found = {os.getpid()}
    while more := {own for own, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def left_of(before: set[int]) -> set[int]:
    """Return which further processes there are still in ten seconds."""
    end = time.monotonic() + 10
    while (left := children() - before) and time.monotonic() < end:
        time.sleep(0.1)
    return left


class Heavy(Result):
    """What came of a task."""

    total: float


class HeavyTask(Task):
    """Fills some memory, and opens files that it does not close at once."""

    kind: ClassVar[str] = "heavy"
    work_module: ClassVar[str] = "pipelines.errors"  # its work stands here
    result_type: ClassVar[type[Result]] = Heavy
    number: int

    @property
    def effort(self) -> int:
        return 1

    def work(self, outputs: Path, folder: Path, progress: Progress) -> Heavy:
        for done in range(20):
            progress(done, 20)
        return Heavy(total=float(np.full(2**18, self.number).sum()))


@pytest.mark.parametrize("workers", [1, 2])
def test_many_tasks_leave_nothing(workers: int, tmp_path: Path, tally: Tally, tries: Tries) -> None:
    count = tries(60, 300)
    before = children()
    failed: list[str] = []
    with Executor(tmp_path, workers) as executor:

        def run(numbers: range) -> None:
            tasks = [HeavyTask(name="n", instance="i", number=number) for number in numbers]
            for task, one in zip(tasks, executor.run(tasks), strict=True):
                if one.total != task.number * 2**18:
                    failed.append(f"task {task.number}: {one.total}")

        run(range(10))  # processes, threads and caches are there now
        memory, files = resident(), open_files()
        for start in range(10, count, 10):
            run(range(start, min(start + 10, count)))
        grown = (resident() - memory) / 2**20
        if grown > 8 + count / 20:
            failed.append(f"{grown:.0f} MB more after {count} tasks")
        if open_files() > files + 2:
            failed.append(f"{open_files() - files} files more open after {count} tasks")
    if left := left_of(before):
        failed.append(f"processes left: {left}")
    tally.note(f"many tasks, {workers} workers", count, failed)


TRAININGS = """
import resource, sys
from pathlib import Path
from pipelines.cli import main
words = ["classify", "mnist5k", "--classes", "2", "--per-class", "8", "--test-per-class", "4",
         "--train.epochs", "1", "--train.batch", "8", "--train.retries", "0",
         "--recipe", "one.toml", "--workers", sys.argv[2], "--outputs", sys.argv[3]]
status = 0
for part in range(int(sys.argv[1])):
    status = status or main([*words, "--instances", "10", "--seed", str(10 * part)])
    print("KIB", int(Path("/proc/self/statm").read_text().split()[1]) * 4,
          len(list(Path("/proc/self/fd").iterdir())), flush=True)
sys.exit(status)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_many_trainings_leave_nothing(
    workers: int, tmp_path: Path, tally: Tally, tries: Tries
) -> None:
    """Real ones, in a process of their own: TensorFlow keeps something of every model."""
    parts = tries(0, 30)
    if not parts:
        pytest.skip("at length only: 300 trainings")
    (tmp_path / "one.toml").write_text("[arms.real]\n")
    before = children()
    done = subprocess.run(
        [sys.executable, "-c", TRAININGS, str(parts), str(workers), "outputs"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("KIB ")]
    memory, files = np.array(rows, int).T
    failed = [] if done.returncode == 0 else [done.stderr[-500:]]
    third = len(memory) // 3  # the first third is the warming up
    if memory[-third:].mean() > memory[third : 2 * third].mean() + 50 * 1024:
        failed.append(f"KiB of memory: {memory.tolist()}")
    if files[-1] > files[third] + 2:
        failed.append(f"open files: {files.tolist()}")
    if left := left_of(before):
        failed.append(f"processes left: {left}")
    tally.note(f"trainings, {workers} workers", 10 * parts, failed)


def test_a_large_folder_is_listed_in_little_memory(
    tmp_path: Path, tally: Tally, tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of a thousand classes, opened again and again; the list of them is kept, or not."""
    monkeypatch.setenv("GANAUG_CACHE_DIR", str(tmp_path / "cache"))
    count, classes = tries(20_000, 100_000), 1_000
    root = tmp_path / "own"
    for label in range(classes):
        (root / f"class {label}").mkdir(parents=True)
    for number in range(count):
        os.close(os.open(root / f"class {number % classes}" / f"IMG_{number}.jpg", os.O_CREAT))
    failed: list[str] = []
    tracemalloc.start()
    listing = list_folder(root)
    kept, peak = tracemalloc.get_traced_memory()
    found = listing.splits["train"].classes
    if (len(found), sum(len(one.pictures) for one in found.values())) != (classes, count):
        failed.append(f"{len(found)} classes found")
    if peak > MOST_A_FILE * count:
        failed.append(f"{peak / count:.0f} bytes a file at most, {kept / count:.0f} kept")
    files = open_files()
    del listing, found
    rounds = tries(2, 10)
    memory = []
    for _ in range(rounds):
        list_folder(root)
        gc.collect()
        memory.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    if memory[-1] - memory[0] > 20 * count:
        failed.append(f"{(memory[-1] - memory[0]) / count:.0f} bytes a file more: {rounds} times")
    if open_files() > files:
        failed.append(f"{open_files() - files} files more open")
    tally.note(f"files of {classes:,} classes listed", count, failed)
