"""The task that trains a generator."""

import hashlib
from pathlib import Path
from typing import ClassVar

from ganaug.device import dtype_policy
from ganaug.files import BANK_FILES
from groundwork.settings import Result
from pipelines.recipes.generators import GeneratorConfig
from pipelines.tasks.base import Task
from pipelines.tasks.results import GanTaskResult
from pipelines.workspace import Kind


class GanTask(Task):
    """Train the generator of one class, or of all."""

    kind: ClassVar[Kind] = "gan"
    work_module: ClassVar[str] = "pipelines.tasks.work.gan"
    result_type: ClassVar[type[Result]] = GanTaskResult
    aside: ClassVar[frozenset[str]] = frozenset({"name", "instance", "label"})

    label: int | None
    """Which class of the instance; None: all of them, in one network."""
    images: str
    """Digest of those images: a generator serves every instance that holds the same ones."""
    config: GeneratorConfig

    @property
    def effort(self) -> int:
        """Generator steps."""
        return self.config.steps

    def resolved(self) -> dict[str, str]:
        """Return the precision, which "auto" leaves to the machine."""
        return {"precision": dtype_policy(self.config)}

    def is_finished(self, outputs: Path, folder: Path | None = None) -> bool:
        """Tell whether there is a result, and its generators are what they were."""
        folder = folder or self.folder()
        result = self.result(outputs, folder)
        return result is not None and whole(outputs / folder, result.files)


def digests(folder: Path) -> dict[str, str]:
    """Return SHA-256 digests of what a bank takes from a training, by path below its folder."""
    found = sorted(path for path in folder.rglob("*.*") if path.name in BANK_FILES)
    return {path.relative_to(folder).as_posix(): _digest(path) for path in found}


def whole(folder: Path, files: dict[str, str]) -> bool:
    """Tell whether the files in a folder have the digests that they should."""
    return all(
        (folder / name).is_file() and _digest(folder / name) == digest
        for name, digest in files.items()
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
