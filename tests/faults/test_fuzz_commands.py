"""Hostile values on the command line: one line and exit status 1 or 2, never a traceback."""

import contextlib
import io
import os
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np

from pipelines.cli import VERBS, main, make_app
from tests.faults.mutations import BYTES, SECONDS

ROOT = Path(__file__).parents[2]
VALUES = (
    "", " ", "-1", "0", "1e12", "1e21", "1e400", "inf", "-inf", "nan", "2147483648", "4294967296",
    "18446744073709551616", "9" * 5000, "0x", "0xff", "1_000", "٣", "½", "true", "no", "None", "[]",
    "{}", "[" * 500, '{"x": 1', "x" * 300, "x" * 5000, "é", "日本", "\u202e", "\x1b[2J", "a\nb",
    "../..", "/", ".", "~", "~nobody/x", "/dev/null", "/dev/full", "/proc/self/mem", "/etc/passwd",
    "$(touch pwned)", "`x`", "'", '"', ";", "|", "*", "?", "--", "-", "-x", "--help=1", "@x", "%s",
    "a,b", ",", "2,", "flip|", "shift(1e999)", "shift(px=nan)", "((((", "score(1.2.3)", "0.0.0.0:1",
    "127.0.0.1:99999", ":::", "host:port", "unix:/tmp/x:1", "http://x:1", "con", "a.png", "a.npz",
)  # fmt: skip
NEEDED = {
    "sample": ["--bank=MISSING"], "quality": ["--bank=MISSING"], "predict": ["--model=MISSING"],
    "explain": ["--runs=MISSING"], "ensemble": ["--runs=MISSING"], "export": ["--model=MISSING"],
    "report": ["--comparison=MISSING"], "models list": ["--pattern=no such model"],
    "tune": ["--search=pereira-p12"],
}  # fmt: skip
"""With these a command ends before it does any work."""


def options(verb: str) -> list[str]:
    """Return the options of a verb."""
    app = make_app()
    for word in verb.split():
        app = app[word]
    return sorted(
        name
        for one in app.assemble_argument_collection()
        for name in one.names
        if name.startswith("--") and "no-" not in name
    )


def commands(count: int, rng: np.random.Generator, folder: Path) -> list[list[str]]:
    """Return command lines with a hostile value or two, that find no data set to work on."""
    known = {verb: options(verb) for verb in VERBS}
    found = []
    for at in range(count):
        verb = list(VERBS)[at % len(VERBS)]
        chosen = dict(one.split("=") for one in NEEDED.get(verb, []))
        if "--dataset" in known[verb]:
            chosen["--dataset"] = str(folder / "missing")
        names = [name for name in known[verb] if name not in ("--dataset", "--pattern")]
        for _ in range(int(rng.integers(1, 3))):
            if names:
                chosen[str(rng.choice(names))] = VALUES[int(rng.integers(len(VALUES)))]
        chosen = {name: value.replace("MISSING", str(folder)) for name, value in chosen.items()}
        found.append([*verb.split(), *(f"{name}={value}" for name, value in chosen.items())])
    return found


def fault(status: object, said: str) -> str:
    """Say what is wrong with how a command ended; empty if nothing is."""
    if "Traceback" in said:
        return said[-600:]
    if status not in (0, 1, 2):
        return f"status {status}: {said[-300:]}"
    if status and sum(line.startswith("ganaug: ") for line in said.splitlines()) != 1:
        return f"not one line: {said[-300:]}"
    return ""


def test_in_process(tally, tries, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seed, failed = 51, []
    lines = commands(tries(150, 3000), np.random.default_rng(seed), tmp_path)
    for words in lines:
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                status: object = main(words)
        except SystemExit as ended:
            status = ended.code
        except Exception:
            said.write(traceback.format_exc())
            status = 1
        if wrong := fault(status, said.getvalue()):
            failed.append(f"{words}: {wrong}"[:900])
    tally.note("command lines, in this process", len(lines), failed, seed)


def test_as_commands(tally, tries, tmp_path):
    """Each in a process of its own, under a limit of time and, of what it may map, of memory."""
    seed, failed = 52, []
    lines = commands(tries(8, 500), np.random.default_rng(seed), tmp_path)
    held = tmp_path / "held.txt"
    code = (
        "import atexit, pathlib, sys; from tests.faults.mutations import most_held; "
        f"atexit.register(lambda: pathlib.Path({str(held)!r}).write_text(str(most_held()))); "
        "from pipelines.cli import main; sys.exit(main())"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for words in lines:
        try:
            ran = subprocess.run(
                [sys.executable, "-c", code, *words],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=2 * SECONDS,
            )
        except subprocess.TimeoutExpired:
            failed.append(f"{words}: hangs")
            continue
        if wrong := fault(ran.returncode, ran.stderr):
            failed.append(f"{words}: {wrong}"[:900])
        if (took := int(held.read_text())) > BYTES:
            failed.append(f"{words}: took {took / 2**20:.0f} MiB")
        held.unlink()
    tally.note("command lines, each a process", len(lines), failed, seed)


def test_every_verb_is_tried():
    assert all(options(verb) for verb in VERBS if verb != "recipes")
