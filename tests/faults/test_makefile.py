"""`make` passes what it is given, and runs none of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "Tom's photos", 'a "b" c', "x'; touch pwned; '", "$HOME/x", "$(shell touch pwned)", "$$x",
    '"$(touch pwned)`touch pwned`"', "a#b", "--help", "-rf", "a\\b\\", "two\nlines", "%a,b)",
    "a;b&c|d>e", "a=b", "*", "~", "!x", "é\u202e", "a\tb", "$(DATASET)", "${HOME}", "\\$x", "@x",
)  # fmt: skip
# What a `make` that runs these tests was given is not given to the one that they run.
OUTSIDE = {name: one for name, one in os.environ.items() if name not in ("MAKEFLAGS", "ARGS")}
OPTIONS = {
    "data": ("DATASET --dataset", "DATA_DIR --data-dir", "GROUP_BY --group-by"),
    "gan": ("CLASSES --classes", "RECIPE --recipe", "OUTPUTS --outputs", "STEPS --steps"),
    "compare": ("DATASET --dataset", "MINUTES --minutes"),
    "classify": ("DATASET --dataset", "WORKERS --workers", "STEPS --gan.steps", "SEED --seed"),
    "tune": ("DATASET --dataset", "SEARCH --search", "INSTANCES --instances"),
    "report": ("COMPARISON --comparison",),
    "study": ("PROFILE --profile", "DATA_DIR --data-dir", "OUTPUTS --outputs"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The Makefile, beside a `ganaug` and a `python` that print their arguments."""
    folder = tmp_path / "a place"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in ("ganaug", "python"):
        code = f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"
        (programs / name).write_text(code)
        (programs / name).chmod(0o755)
    (folder / ".venv" / ".ready").touch()
    return folder


def made(
    folder: Path, target: str, given: dict[str, str], *, environment: bool = False
) -> list[str]:
    """Return the arguments that a target's program was called with."""
    words = [f"{name}={value}" for name, value in given.items()]
    ran = subprocess.run(
        ["make", "-s", target, *([] if environment else words)],
        cwd=folder,
        env=OUTSIDE | (given if environment else {}),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode == 0, ran.stderr
    arguments: list[str] = json.loads(ran.stdout)
    return arguments


def test_a_path_is_passed_as_it_is(tally, tries, folder):
    seed, times, failed = 31, 0, []
    rng = np.random.default_rng(seed)
    letters = list("ab '\"$()`;&|<>#\\!*?~{}[]%,:=-@/\t\n")
    values = list(HOSTILE)
    for _ in range(tries(10, 300)):
        values.append("x" + "".join(rng.choice(letters, int(rng.integers(1, 12)))))
    before = sorted(folder.iterdir())
    for at, value in enumerate(values):
        target = list(OPTIONS)[at % len(OPTIONS)]
        names = dict(one.split() for one in OPTIONS[target])
        wanted = [f"{option}={value}" for option in names.values()]
        try:
            found = made(folder, target, dict.fromkeys(names, value), environment=at % 5 == 4)
            verb = ["study", "run", "--all"] if target == "study" else [target]
            if sorted(found) != sorted([*verb, *wanted]):
                failed.append(f"{target} {value!r}: {found}")
        except (AssertionError, subprocess.SubprocessError, ValueError) as error:
            failed.append(f"{target} {value!r}: {error}")
        times += 1
    if sorted(folder.iterdir()) != before:
        failed.append(f"something was run: {sorted(folder.iterdir())}")
    tally.note("values given to make", times, failed, seed)


def test_benches_and_further_arguments(folder):
    found = made(folder, "bench-gan", {"DATASET": "it's $x", "ARGS": "--steps 3 'a b'"})
    assert found == ["-m", "bench.gan", "--steps", "3", "a b", "--", "it's $x"]


def test_a_target_without_variables_has_no_options(folder):
    assert made(folder, "data", {}) == ["data"]


@pytest.mark.parametrize(
    ("given", "rows"), [("p9 k3", ["p9", "k3"]), ("", ["--all"]), ("* $(x)", ["*", "$(x)"])]
)
def test_rows_of_studies_are_words(folder, given, rows):
    assert made(folder, "study", {"STUDY": given}) == ["study", "run", *rows]
