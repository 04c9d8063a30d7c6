"""For `make test-faults`: trying at length, and the table at the end."""

import os
from pathlib import Path

import pytest

from tests.faults.tally import FILE, Tally, table


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--long``."""
    parser.addoption("--long", action="store_true", help="try each kind of fault at length")


def pytest_configure(config: pytest.Config) -> None:
    """Let all processes of pytest write to one file, begun anew."""
    if not hasattr(config, "workerinput"):
        file = Path(config.rootpath) / "outputs" / "faults.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        os.environ[FILE] = str(file)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table at the end."""
    if found := Tally(Path(os.environ[FILE])).read():
        terminalreporter.section("faults")
        terminalreporter.write_line(table(found))
