"""Generators of a comparison: trained, and gathered in a bank an instance."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ganaug.bank.bank import Bank
from ganaug.files import BANK_FILES
from groundwork.locks import locked
from pipelines.comparison.plan import bank_folder
from pipelines.comparison.results import FailedRun, GanRun, Run
from pipelines.errors import InputError
from pipelines.tasks.executor import Executor, Failed
from pipelines.tasks.gan import GanTask, whole
from pipelines.tasks.results import GanTaskResult


class TasksFailedError(InputError):
    """Some tasks have failed, after all others have ended.

    Attributes
    ----------
    runs
        What succeeded.
    failed
        What did not.
    banks
        Of generators, one an instance; None where it lacks one.
    """

    def __init__(
        self,
        message: str,
        runs: Sequence[Run],
        failed: Sequence[FailedRun],
        banks: Sequence[Path | None] = (),
    ) -> None:
        super().__init__(message)
        self.runs, self.failed, self.banks = runs, failed, banks


def train_gans(
    tasks: Sequence[Sequence[GanTask]], executor: Executor
) -> tuple[list[Path], list[GanRun]]:
    """Train the generators and gather those of each instance in a bank.

    A bank whose files are not those of its generators any more is gathered again.

    Raises
    ------
    TasksFailedError
        A generator fails.
    """
    flat = [(index, task) for index, group in enumerate(tasks) for task in group]
    results = executor.attempt([task for _, task in flat], "generators")
    runs, failed = [], []
    for (index, task), result in zip(flat, results, strict=True):
        if isinstance(result, Failed):
            reason = result.reason
            failed.append(FailedRun(instance=index, arm="", name=task.name, reason=reason))
        else:
            runs.append(GanRun(instance=index, folder=task.folder(), result=result))
    banks: list[Path | None] = []
    for index, group in enumerate(tasks):
        own = {run.folder: run.result for run in runs if run.instance == index}
        lacks = any(task.folder() not in own for task in group)
        banks.append(None if lacks else _gathered(group, own, executor.outputs))
    if failed:
        raise TasksFailedError(said(failed), runs, failed, banks)
    return [bank for bank in banks if bank is not None], runs


def _gathered(
    group: Sequence[GanTask], results: Mapping[Path, GanTaskResult], outputs: Path
) -> Path:
    """Return the bank of generators, made where it is not there, or not what it should be."""
    folder = bank_folder(group)
    target, members = outputs / folder, _class_folders(group, outputs)
    with locked(target):
        if not target.is_dir() or not _is_whole(target, members, results, outputs):
            Bank.assemble(target, members)
    return folder


def _is_whole(
    bank: Path, members: Sequence[Path], results: Mapping[Path, GanTaskResult], outputs: Path
) -> bool:
    """Tell whether the files of a bank are what its generators were when they were trained."""
    expected = {
        outputs / folder / name: digest
        for folder, result in results.items()
        for name, digest in result.files.items()
    }
    for label, member in enumerate(members):
        files = {file: expected.get(member / file, "") for file in BANK_FILES}
        found = list(bank.glob(f"{label}-*"))
        if len(found) != 1 or not whole(found[0], files):
            return False
    return True


def _class_folders(tasks: Sequence[GanTask], outputs: Path) -> list[Path]:
    """Return the folders with a `generator.keras` each, in the order of their labels."""
    if tasks[0].config.scope != "conditional":
        return [outputs / task.folder() for task in tasks]
    folders = (outputs / tasks[0].folder()).glob("[0-9]*-*")
    return sorted(folders, key=lambda folder: int(folder.name.partition("-")[0]))


def said(failed: Sequence[FailedRun]) -> str:
    """Return the first reason, and how many more there are."""
    first, *others = failed
    more = f" (and {len(others)} more failed)" if others else ""
    return f"{first.name}: {first.reason}{more}"
