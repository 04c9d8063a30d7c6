import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pytest

from groundwork.settings import Result
from pipelines.errors import InputError
from pipelines.tasks.base import Progress, Task
from pipelines.tasks.executor import Executor
from tests.conftest import ROOT


class Square(Result):
    value: int
    process: int


class SquareTask(Task):
    """Squares a number; a negative one is bad input, 99 kills its process, 98 the first time."""

    kind: ClassVar[str] = "square"
    work_module: ClassVar[str] = "pipelines.errors"  # its work stands here
    result_type: ClassVar[type[Result]] = Square
    number: int
    pause: float = 0

    @property
    def effort(self) -> int:
        return 1

    def work(self, outputs: Path, folder: Path, progress: Progress) -> Square:
        if self.number < 0:
            raise InputError(f"a number of at least 0 is needed, received {self.number}")
        begun = folder / "begun"
        if self.number == 99 or (self.number == 98 and not begun.exists()):
            begun.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        progress(1, 2)
        time.sleep(self.pause)
        return Square(value=self.number**2, process=os.getpid())


def run_tasks(tasks: list[Task], outputs: Path, workers: int = 1) -> list[Square]:
    with Executor(outputs, workers) as executor:
        return executor.run(tasks)


def task(number: int, pause: float = 0) -> SquareTask:
    return SquareTask(name=f"n{number}", instance="i", number=number, pause=pause)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_are_refused(tmp_path: Path, workers: int) -> None:
    with pytest.raises(InputError, match=f"workers: {workers} received; give at least 1"):
        Executor(tmp_path, workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_and_are_not_run_again(tmp_path: Path, workers: int) -> None:
    tasks = [task(n) for n in (3, 1, 2, 3)]
    first = run_tasks(tasks, tmp_path, workers=workers)
    assert [one.value for one in first] == [9, 1, 4, 9]
    assert os.getpid() not in {one.process for one in first}
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}
    assert run_tasks(tasks, tmp_path, workers=workers) == first
    assert stamps == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}


@pytest.mark.slow
def test_processes_are_kept_and_replaced_when_one_was_killed(tmp_path: Path) -> None:
    with Executor(tmp_path, 2) as executor:
        first = {one.process for one in executor.run([task(n, pause=0.5) for n in range(4)])}
        assert {executor.run([task(n)])[0].process for n in (4, 5)} <= first
        with pytest.raises(InputError, match=r"killed 2 times \(signal 9, most likely for want"):
            executor.run([task(99)])
        (after,) = executor.run([task(6)])
        assert after.value == 36


@pytest.mark.slow
def test_processes_are_replaced_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.tasks.executor.TASKS_PER_PROCESS", 3)
    with Executor(tmp_path, 2) as executor:
        results = [executor.run([task(n) for n in range(first, first + 9)]) for first in (0, 9)]
    counts = Counter(one.process for part in results for one in part)
    assert sum(counts.values()) == 18
    assert max(counts.values()) <= 6
    assert len(counts) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_bad_input_is_raised_and_finished_tasks_are_kept(tmp_path: Path, workers: int) -> None:
    with pytest.raises(InputError, match="received -1"):
        run_tasks([task(2), task(-1)], tmp_path, workers=workers)
    assert task(-1).result(tmp_path) is None
    assert task(2).result(tmp_path).value == 4


@pytest.mark.slow
def test_one_failure_is_one_failure(tmp_path: Path) -> None:
    tasks = [task(-1), task(98), task(99), task(5)]
    with Executor(tmp_path, 1) as executor:
        bad, once, twice, good = executor.attempt(tasks)
    assert bad.reason == "a number of at least 0 is needed, received -1"
    assert "its process was killed 2 times" in twice.reason
    assert (once.value, good.value) == (98**2, 25)
    with pytest.raises(InputError, match="n-1: a number of at least 0"):
        run_tasks([*tasks[:2], task(-2)], tmp_path)


@pytest.mark.slow
def test_a_damaged_result_is_made_anew(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_tasks([task(2)], tmp_path)
    (tmp_path / task(2).folder() / "result.json").write_text("{")
    assert task(2).result(tmp_path) is None
    assert run_tasks([task(2)], tmp_path)[0].value == 4
    assert "is damaged and is made anew" in capfd.readouterr().err


@pytest.mark.slow
def test_a_script_without_a_guard_is_not_begun_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\n"
        "from tests.pipelines.tasks.test_executor import run_tasks, task\n"
        f"print([one.value for one in run_tasks([task(2)], Path({str(tmp_path)!r}))])\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert run.stdout == "[4]\n"


def start_elsewhere(tmp_path: Path) -> subprocess.Popen:
    """Run two tasks in a process of its own; return it when the first has ended."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nimport signal\n"
        "from tests.pipelines.tasks.test_executor import run_tasks, task\n"
        "if __name__ == '__main__':\n"
        # a shell starts its background jobs with the signal ignored
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"    run_tasks([task(2), task(3, pause=600)], Path({str(tmp_path)!r}), workers=2)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    process = subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL)
    while task(2).result(tmp_path) is None:
        assert process.poll() is None
        time.sleep(0.1)
    return process


@pytest.mark.slow
def test_processes_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    process = start_elsewhere(tmp_path)
    process.kill()
    process.wait()
    worker = task(2).result(tmp_path).process
    deadline = time.monotonic() + 30
    while _is_alive(worker):
        assert time.monotonic() < deadline, "left behind"
        time.sleep(0.1)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")  # a zombie is dead
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_an_interruption_keeps_what_is_finished(tmp_path: Path) -> None:
    process = start_elsewhere(tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) != 0
    assert task(2).result(tmp_path).value == 4
    assert task(3, pause=600).result(tmp_path) is None
