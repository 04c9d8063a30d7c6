"""Tasks: pure calls, each run once and never again.

A task is a frozen record of its settings. Its folder, `outputs/<kind>/<name>-<hash>/`, is named
by the hash of its identity; `result.json` appears in it last, so a folder that has one is finished.
The modules of this room are light: what a task does stands in `pipelines.tasks.work`, and is
imported when it runs.
"""

import shutil
from abc import abstractmethod
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from groundwork.files import write_json
from groundwork.locks import locked
from groundwork.settings import Result, Settings
from groundwork.terminal import say
from pipelines import runtime
from pipelines.identity import (
    code_version,
    computed_on,
    digest,
    library_versions,
    named_files,
)
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
        """Return all that makes two tasks the same: settings, code, libraries, what computes."""
        settings = self.model_dump(mode="json", exclude=set(self.aside))
        return {
            "kind": self.kind,
            "settings": settings,
            "files": named_files(settings),
            "resolved": self.resolved(),
            "code": code_version(self.work_module),
            "added": self.added_code(),
            "libraries": library_versions(),
            **computed_on(),
        }

    def resolved(self) -> dict[str, str]:
        """Return what settings that leave something to the machine mean on this one, by name."""
        return {}

    def added_code(self) -> dict[str, str]:
        """Return a digest of each thing that the user registered and this task may use, by name."""
        return {}

    def folder(self) -> Path:
        """Return the task's folder, relative to outputs/."""
        return run_folder(self.kind, self.name, digest(self.identity()))

    def result(self, outputs: Path, folder: Path | None = None) -> Any | None:
        """Return the finished result; None where there is none, or one that was damaged.

        Parameters
        ----------
        outputs
            The folder that holds the tasks' folders.
        folder
            This task's, where it is known.
        """
        path = outputs / (folder or self.folder()) / RESULT
        try:
            return self.result_type.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None

    def is_finished(self, outputs: Path, folder: Path | None = None) -> bool:
        """Tell whether there is a result, and what it stands for is whole."""
        return self.result(outputs, folder) is not None

    def run(self, outputs: Path, folder: Path, progress: Progress) -> bool:
        """Do the work and write the result, last, unless somebody else has or is just about to.

        Parameters
        ----------
        outputs
            The folder that holds the tasks' folders.
        folder
            This task's, relative to ``outputs``, as the process that planned it named it.
        progress
            Called as the work goes on.

        Returns
        -------
        bool
            Whether it is done; False if another process is at it.
        """
        target = outputs / folder
        with locked(target, wait=False) as mine:
            if not mine:
                return False
            if self.is_finished(outputs, folder):
                return True
            if (target / RESULT).exists():
                say(f"{target} is damaged and is made anew")
                shutil.rmtree(target)
            write_json(target / IDENTITY, self.identity())
            result = self.work(outputs, target, progress)
            write_json(target / RESULT, result.model_dump(mode="json"))
        return True

    def work(self, outputs: Path, folder: Path, progress: Progress) -> Result:
        """Do the work; settings (`config.json`), pictures and models go into ``folder``."""
        runtime.prepare()
        result: Result = import_module(self.work_module).run(self, outputs, folder, progress)
        return result
