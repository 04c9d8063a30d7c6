"""The result table for the terminal."""

import io
import shutil
from pathlib import Path

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.comparison.results import ComparisonResult
from pipelines.report.cells import GFLOPS, column_name, gflops, interval, percent
from pipelines.report.notes import failed_lines, short_notes
from pipelines.report.table import ArmResult, Cell, Results, results
from pipelines.report.terms import ARM, INSTANCE, SEEDS
from pipelines.report.times import times_in_words
from pipelines.report.words import (
    caveats,
    guessing,
    headline,
    judged,
    method_in_words,
    outlook,
    over_images,
)
from pipelines.statistics.paired import Summary
from pipelines.statistics.verdicts import points

_LABELS = ("  difference", "  95 % interval", "  published")
_BALANCED = "  balanced"
_SIZE = "  at {} pixels"


def text_table(comparison: ComparisonResult, outputs: Path | None = None) -> str:
    """Return the result table and the verdicts as plain text, with the page's numbers.

    Parameters
    ----------
    comparison
        A finished comparison.
    outputs
        The folder that the runs' folders are relative to; None leaves out what is read from there.

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
    table = results(comparison, outputs)
    # Far wider than any table: a terminal too narrow for it wraps lines, but loses no digit.
    console = Console(
        file=io.StringIO(), width=1000, color_system=None, highlight=False, force_jupyter=False
    )
    width = max(80, shutil.get_terminal_size().columns)
    console.print(Text(comparison.title), width=width)
    console.print(Text(f"{comparison.source}; {_what(table)} ({INSTANCE}; {ARM})"), width=width)
    console.print(_table(table))
    console.print(Text(headline(table)), width=width)
    for indent, words in _of_arms(table):
        console.print(Padding(Text(words), (0, 0, 0, indent)), width=width)
    below = [
        *times_in_words(comparison),
        method_in_words(comparison, table),
        *caveats(comparison, table),
        *guessing(table),
        *short_notes(comparison),
        *failed_lines(comparison),
    ]
    for words in filter(None, below):
        console.print(Text(words), width=width)
    printed: io.StringIO = console.file  # type: ignore[assignment]
    return "\n".join(line.rstrip() for line in printed.getvalue().splitlines())


def _what(table: Results) -> str:
    """Say what the figures are."""
    several = f", {SEEDS.format(table.seeds)}" if table.seeds > 1 else ""
    balanced = "; balanced: mean recall of the classes" if table.guess else ""
    top = f"; top-{table.top_k}: the true class is among the {table.top_k} most probable ones"
    size = f"; images of {min(table.sizes)} pixels a side" if len(table.sizes) == 1 else ""
    further = f"{several}{balanced}{top * bool(table.top_k)}{size}"
    return f"test accuracy in %, mean ± standard deviation over instances{further}"


def _of_arms(table: Results) -> list[tuple[int, str]]:
    """Return the verdicts, unless the headline is the only one, and what belongs to them.

    With how far each is indented.
    """
    several = len(table.compared) > 1
    lines = []
    for arm in table.arms:
        name = f"{arm.name}: " if several else ""
        said = "; ".join(filter(None, [judged(arm) if several else "", over_images(arm)]))
        lines += [(2, f"{name}{said}")] * bool(said)
        lines += [(4 if several else 2, f"({words})") for words in [outlook(arm)] if words]
    return lines


def _table(table: Results) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    shown.add_column("", min_width=max(map(len, _LABELS)), max_width=18)
    for checkpoint in table.checkpoints:
        shown.add_column(column_name(checkpoint), justify="right", no_wrap=True)
    for arm in table.arms:
        labels, columns = [arm.name], [_lines(cell, arm) for cell in arm.cells]
        for label, fraction in reversed(_further(arm, table)):
            labels.insert(1, label)
            for lines in columns[:-1]:
                lines.insert(1, "–")
            columns[-1].insert(1, percent(fraction))
        if arm.against:
            labels += _LABELS[:2]
        if any(cell.published for cell in arm.cells):
            labels.append(_LABELS[2])
        if len(table.costs) > 1:
            labels.append(f"  {gflops(arm.flops)} {GFLOPS}")
            columns = [[*lines, ""] for lines in columns]
        if len(table.sizes) > 1:
            labels.append(_SIZE.format(arm.size))
            columns = [[*lines, ""] for lines in columns]
        for row in zip(labels, *columns, strict=False):
            shown.add_row(*map(Text, row))
        shown.add_section()
    return shown


def _further(arm: ArmResult, table: Results) -> list[tuple[str, Summary]]:
    """Return what is known of an arm after the last epoch alone, each with its label."""
    balanced = [(_BALANCED, arm.balanced)] * bool(table.guess)
    return balanced + ([(f"  top-{table.top_k}", arm.top)] if arm.top else [])


def _lines(cell: Cell, arm: ArmResult) -> list[str]:
    """Return what stands in a column, line by line."""
    lines = [percent(cell.accuracy) if cell.accuracy else "–"]
    if arm.against:
        lines.append(points(cell.against.mean) if cell.against else "–")
        lines.append(interval(cell.against))
    return [*lines, cell.published or ""]
