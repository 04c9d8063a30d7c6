"""`ganaug list`: what was run, and what came out."""

import json
from dataclasses import dataclass
from pathlib import Path

from groundwork.files import as_path
from pipelines.errors import InputError
from pipelines.report.past import PastRun, past_runs


@dataclass(frozen=True)
class RunsResult:
    """Past runs, newest first.

    Attributes
    ----------
    outputs
        The folder that they lie in.
    rows
        One a run.
    as_json
        How they are printed.
    """

    outputs: Path
    rows: list[PastRun]
    as_json: bool = False

    def __str__(self) -> str:
        """Return the table that the command line prints, or JSON."""
        if self.as_json:
            return json.dumps([row.model_dump(mode="json") for row in self.rows], indent=1)
        if not self.rows:
            return f"nothing was run yet in {self.outputs}: ganaug compare photos/"
        head = ("when", "command", "name", "what came out", "folder")
        cells = [
            (f"{row.when:%Y-%m-%d %H:%M}", row.command, row.name, row.outcome, str(row.folder))
            for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
        lines = [
            "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in (head, *cells)
        ]
        if any(row.classifier for row in self.rows):
            lines += ["", "newest classifier: ganaug predict pictures/ --model latest"]
        return "\n".join(lines)


def runs(*, outputs: Path = Path("outputs"), json: bool = False) -> RunsResult:
    """List what was run, newest first: when, on what, what came out, and where it lies.

    Runs of `ganaug compare`, `classify` and `tune`, and banks of generators. A run that was not
    finished, or whose result cannot be read, is listed as such.

    Example: ``ganaug list --outputs outputs``

    Parameters
    ----------
    outputs
        The folder that the commands wrote to.
    json
        Print JSON: a list of records, with `classifier`, the folder that `--model` takes, or null.

    Returns
    -------
    RunsResult
        The table.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    outputs = as_path(outputs)
    if not outputs.is_dir():
        raise InputError(
            f"--outputs {outputs}: there is no such folder; give the one that commands wrote to"
        )
    return RunsResult(outputs, past_runs(outputs), json)
