"""Commands in processes of their own, before terminals and pipes that take little or nothing."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.faults.tally import Tally
from tests.pipelines.data.test_duplicates import scenes

RUN = "import sys; from pipelines.cli import main; sys.exit(main())"
FULL = Path("/dev/full")
CLASSES = {
    "letters": (b"caf\xc3\xa9", "日本".encode()),
    "bytes": (b"caf\xe9", b"\xff\xfe"),
    "signs": (b"\x1b]0;owned\x07\x1b[31mred", b"two\nlines"),
    "long": ("ä".encode() * 120, b"b" * 250),
    "odd": (b"-rf", b"$(touch x) `y` %s {0} [red]"),
}


class Said(NamedTuple):
    """What came of a command."""

    status: int
    out: bytes
    err: bytes


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of data sets, each of two classes with names of some kind."""
    root = tmp_path_factory.mktemp("names")
    pixels = scenes(20, 32)  # a generator needs eight of a class
    for kind, names in CLASSES.items():
        for label, name in enumerate(names):
            folder = root / kind / os.fsdecode(name)
            folder.mkdir(parents=True)
            for number, picture in enumerate(pixels[label::2]):
                Image.fromarray(picture).save(folder / f"{number}.png")
    return root


def command(root: Path, *words: str, wrap: str = "{}", **environment: str) -> Said:
    """Run a command in a shell, as it stands in ``wrap``, with some of the environment changed."""
    own = [sys.executable, "-c", RUN, *words]
    known = {name: value for name, value in os.environ.items() if name != "LC_ALL"}
    known |= {"PYTHONPATH": str(ROOT), "GANAUG_CACHE_DIR": str(root / "cache")} | environment
    done = subprocess.run(
        ["bash", "-c", wrap.format(shlex.join(own))],
        cwd=root,
        env=known,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def wrong(said: Said, status: int, what: str) -> list[str]:
    """Return what is wrong with how a command ended."""
    found = []
    if said.status != status:
        found.append(f"{what}: status {said.status} instead of {status}: {said.err[-300:]!r}")
    if b"Traceback" in said.err or b"Exception ignored" in said.err:
        found.append(f"{what}: {said.err[-300:]!r}")
    if b"\x1b]0" in said.out + said.err or b"\x1b[31m" in said.out:
        found.append(f"{what}: an escape sequence reached the terminal")
    return found


SETTINGS: dict[str, dict[str, str]] = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "ascii": {"PYTHONIOENCODING": "ascii:strict"},
    "C": {"LC_ALL": "C"},
    "C, no UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def test_any_names_on_any_terminal(
    folders: Path, tally: Tally, tries: Callable[[int, int], int]
) -> None:
    """Each kind of name on one terminal; at length on all of them."""
    failed: list[str] = []
    pairs = [(kind, name) for kind in CLASSES for name in SETTINGS]
    if not tries(0, 1):
        pairs = [
            (kind, name)
            for number, kind in enumerate(CLASSES)
            for name in [[*SETTINGS][number % len(SETTINGS)]]
        ] + [("letters", "C, no UTF-8")]
    for kind, name in pairs:
        words = ["data", kind, "--no-deep", "--out", f"out-{kind}"]
        said = command(folders, *words, **SETTINGS[name])
        failed += wrong(said, 0, f"{kind} on {name}")
        if b"2 classes" not in said.out:
            failed.append(f"{kind} on {name}: {said.out[:200]!r}")
    tally.note("names and terminals", len(pairs), failed)


LONG_OUTPUT = ("data", "--help")


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
def test_what_nobody_reads_ends_quietly(folders: Path, tally: Tally) -> None:
    ends = {
        "a pipe that was closed": ("{} | head -c 5 > /dev/null; exit ${{PIPESTATUS[0]}}", 141),
        "a full disk": ("{} > /dev/full", 2),
        "no output": ("{} >&-", 0),
        "no errors": ("{} 2>&-", 0),
        "no input": ("{} <&-", 0),
        "nothing": ("{} <&- >&- 2>&-", 0),
        "errors to a full disk": ("{} 2> /dev/full", 0),
    }
    failed: list[str] = []
    for what, (wrap, status) in ends.items():
        failed += wrong(command(folders, *LONG_OUTPUT, wrap=wrap), status, what)
    bad = {
        "an error to nobody": "{} 2>&-",
        "an error to a full disk": "{} 2> /dev/full",
        "an error to a closed pipe": "{} 2> >(exit); wait",
    }
    for what, wrap in bad.items():
        said = command(folders, "data", "none-such/", wrap=wrap)
        failed += wrong(said, said.status if "wait" in wrap else 2, what)
    full = command(folders, *LONG_OUTPUT, wrap="{} > /dev/full")
    if full.err.count(b"\n") != 1 or b"the output cannot be written" not in full.err:
        failed.append(f"not one line: {full.err!r}")
    tally.note("streams that take nothing", len(ends) + len(bad), failed)


def test_whole_commands_before_a_reader_who_goes(folders: Path, tally: Tally) -> None:
    """The work is done all the same, and said by the status."""
    wrap = "{} 2> /dev/full | head -n 1 > /dev/null; exit ${{PIPESTATUS[0]}}"
    # Far more lines than a pipe holds, so that the reader is gone before they are written.
    listing = folders / "many"
    for number, picture in enumerate(scenes(4, 32)):
        for label in range(2):
            path = listing / f"{label}" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture if not label else np.flip(picture, 0)).save(path)
    words = ["data", "many", "--no-deep", "--out", "out-many"]
    said = command(folders, *words, wrap=wrap)
    failed = wrong(said, said.status, "data | head")
    if said.status not in (0, 141):  # 0: all was written before the reader went
        failed.append(f"data | head: status {said.status}")
    if not (folders / "out-many" / "report.html").is_file():
        failed.append("data | head: no report")
    tally.note("a reader who goes in the middle", 1, failed)


def test_files_whose_names_a_system_has_no_letters_for(
    folders: Path, tally: Tally, tries: Callable[[int, int], int]
) -> None:
    """A generator has a folder that is called as its class."""
    if not tries(0, 1):
        pytest.skip("at length only: generators are trained")
    words = ["gan", "letters", "--steps", "1", "--width", "4", "--latent", "8", "--workers", "1"]
    said = command(folders, *words, **SETTINGS["C, no UTF-8"])
    failed = wrong(said, 2, "a system of ASCII")
    if b"set PYTHONUTF8=1" not in said.err:
        failed.append(f"a system of ASCII: {said.err[-300:]!r}")
    tally.note("names that a system has no letters for", 1, failed)


def test_outputs_whose_names_are_no_text(folders: Path, tally: Tally) -> None:
    out = os.fsdecode(b"out-\xff\xfe")
    said = command(folders, "data", "letters", "--no-deep", "--out", out)
    failed = wrong(said, 0, "outputs")
    if not (folders / out / "report.html").is_file():
        failed.append("no report")
    tally.note("outputs whose names are no text", 1, failed)
