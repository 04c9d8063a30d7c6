"""A task that notes how often it is done, and one side of a pair of executors."""

import time
from pathlib import Path
from typing import ClassVar

from groundwork.files import replacing_folder, write_json
from groundwork.settings import Result
from pipelines.tasks.base import Progress, Task
from pipelines.tasks.executor import Executor


class Counted(Result):
    log: str


class CountedTask(Task):
    """Adds a line to a file when it is begun, and one when it is done."""

    kind: ClassVar[str] = "counted"  # type: ignore[assignment]
    work_module: ClassVar[str] = "pipelines.errors"  # its work stands here
    result_type: ClassVar[type[Result]] = Counted
    log: str

    @property
    def effort(self) -> int:
        return 1

    def work(self, outputs: Path, folder: Path, progress: Progress) -> Counted:
        time.sleep(0.02)
        with (outputs / f"{self.log}.log").open("a") as log:
            log.write("done\n")
        return Counted(log=self.log)


def pair(home: Path, times: int, delays: str) -> None:
    """Run tasks and replace a folder, many times, at about the moments of another process."""
    for number in range(times):
        outputs = home / str(number)
        outputs.mkdir(exist_ok=True)
        with Executor(outputs, 1) as executor:
            meet(outputs)
            time.sleep(0.05 * int(delays[number]))
            executor.run([CountedTask(name="common", instance="i", log="common")])
        for _ in range(5):
            with replacing_folder(outputs / "bank") as part:
                (part / "a").write_text("a")
            write_json(outputs / "same.json", {})


def meet(outputs: Path, seconds: float = 60) -> None:
    """Wait until another process is here, too."""
    number = len(list(outputs.glob("here-*")))
    until = time.monotonic() + seconds
    while True:
        try:
            (outputs / f"here-{number}").mkdir()
            break
        except FileExistsError:
            number += 1
    while len(list(outputs.glob("here-*"))) < 2 and time.monotonic() < until:
        time.sleep(0.005)
