"""Tasks: pure calls, each run once and never again.

A task is a frozen record of its settings. Its folder, `outputs/<kind>/<name>-<hash>/`, is named
by the hash of its identity; `result.json` appears in it last, so a folder that has one is finished.
The modules of this room are light: what a task does stands in `pipelines.tasks.work`, and is
imported when it runs.
"""

from abc import abstractmethod
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from groundwork.files import write_json
from groundwork.settings import Result, Settings
from pipelines import runtime
from pipelines.errors import InputError
from pipelines.identity import backend, code_version, digest, library_versions
from pipelines.workspace import IDENTITY, RESULT, Kind, run_folder

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""


class Task(Settings):
    """One pure call: the same identity gives the same result."""

    kind: ClassVar[Kind]
    work_module: ClassVar[str]
    """Module whose function `run` does the work; the code that it can reach is part of the
    identity."""
    aside: ClassVar[frozenset[str]] = frozenset({"name"})
    """Fields that do not count in the identity."""
    result_type: ClassVar[type[Result]]

    name: str
    """For people: part of the folder's name, not of the identity."""
    instance: str
    """Folder of the instance under outputs/, named by the content of its images."""

    @property
    @abstractmethod
    def effort(self) -> int:
        """How much work it is, in units that are comparable within a kind."""

    def identity(self) -> dict[str, Any]:
        """Return all that makes two tasks the same: settings, code, libraries, backend."""
        return {
            "kind": self.kind,
            "settings": self.model_dump(mode="json", exclude=set(self.aside)),
            "code": code_version(self.work_module),
            "added": self.added_code(),
            "libraries": library_versions(),
            "backend": backend(),
        }

    def added_code(self) -> dict[str, str]:
        """Return a digest of each thing that the user registered and this task may use, by name."""
        return {}

    def folder(self) -> Path:
        """Return the task's folder, relative to outputs/."""
        return run_folder(self.kind, self.name, digest(self.identity()))

    def result(self, outputs: Path) -> Any | None:
        """Return the finished result, or None."""
        path = outputs / self.folder() / RESULT
        if not path.is_file():
            return None
        try:
            return self.result_type.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise InputError(f"{path} is damaged: delete its folder to run it again") from error

    def run(self, outputs: Path, folder: Path, progress: Progress) -> None:
        """Do the work and write the result, last.

        Parameters
        ----------
        outputs
            The folder that holds the tasks' folders.
        folder
            This task's, relative to ``outputs``, as the process that planned it named it.
        progress
            Called as the work goes on.
        """
        write_json(outputs / folder / IDENTITY, self.identity())
        result = self.work(outputs, outputs / folder, progress)
        write_json(outputs / folder / RESULT, result.model_dump(mode="json"))

    def work(self, outputs: Path, folder: Path, progress: Progress) -> Result:
        """Do the work; settings (`config.json`), pictures and models go into ``folder``."""
        runtime.prepare()
        result: Result = import_module(self.work_module).run(self, outputs, folder, progress)
        return result
