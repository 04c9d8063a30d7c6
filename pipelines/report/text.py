"""The result table for the terminal."""

import io
import shutil

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.comparison.results import ComparisonResult
from pipelines.report.table import (
    Cell,
    Results,
    caveats,
    column_name,
    headline,
    interval,
    percent,
    results,
)
from pipelines.report.terms import ARM, INSTANCE
from pipelines.statistics.verdicts import points, verdict

_LABELS = ("  difference", "  95 % interval", "  published")


def text_table(comparison: ComparisonResult) -> str:
    """Return the result table and the verdicts as plain text, with the page's numbers.

    Parameters
    ----------
    comparison
        A finished comparison.

    Returns
    -------
    str
        As wide as the terminal, at least 80 columns: enough for four checkpoints. More make the
        table wider.

    Raises
    ------
    InputError
        If an arm has no training.
    """
    table = results(comparison)
    # Far wider than any table: a terminal too narrow for it wraps lines, but loses no digit.
    console = Console(file=io.StringIO(), width=1000, color_system=None, highlight=False)
    width = max(80, shutil.get_terminal_size().columns)
    console.print(Text(comparison.title), width=width)
    what = "test accuracy in %, mean ± standard deviation over instances"
    console.print(Text(f"{comparison.source}; {what} ({INSTANCE}; {ARM})"), width=width)
    console.print(_table(table))
    console.print(Text(headline(table)), width=width)
    if len(table.compared) > 1:
        for name, one in table.compared.items():
            console.print(Padding(Text(f"{name}: {verdict(one)}"), (0, 0, 0, 2)), width=width)
    for words in caveats(table, comparison.instances):
        console.print(Text(words), width=width)
    printed: io.StringIO = console.file  # type: ignore[assignment]
    return "\n".join(line.rstrip() for line in printed.getvalue().splitlines())


def _table(table: Results) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    shown.add_column("", min_width=max(map(len, _LABELS)), max_width=18)
    for checkpoint in table.checkpoints:
        shown.add_column(column_name(checkpoint), justify="right", no_wrap=True)
    for arm in table.arms:
        labels = [arm.name]
        if arm.against:
            labels += _LABELS[:2]
        if any(cell.published for cell in arm.cells):
            labels.append(_LABELS[2])
        cells = [_lines(cell, differs=arm.against is not None) for cell in arm.cells]
        for row in zip(labels, *cells, strict=False):
            shown.add_row(*map(Text, row))
        shown.add_section()
    return shown


def _lines(cell: Cell, *, differs: bool) -> list[str]:
    """Return what stands in a column, line by line."""
    lines = [percent(cell.accuracy) if cell.accuracy else "–"]
    if differs:
        lines.append(points(cell.against.mean) if cell.against else "–")
        lines.append(interval(cell.against))
    return [*lines, cell.published or ""]
