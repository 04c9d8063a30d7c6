"""The same command gives the same numbers, bit for bit, however it is run."""

import contextlib
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.recipes.recipe import list_recipes, load_recipe
from tests.faults.runs import (
    GAN,
    command,
    differences,
    kill,
    make_folder,
    run,
    start,
    what_counts,
)
from tests.faults.tally import Tally

SHORT = ("scratch-2",)
"""Recipes that the short form walks."""
BUSY = "import tensorflow as tf; print(tf.linalg.matmul([[1.0]], [[2.0]]));"
"""TensorFlow as a data set or a notebook starts it, with all of its threads."""


def miniature(name: str, home: Path) -> list[str]:
    """Return the words that run a recipe in seconds."""
    recipe = load_recipe(name)
    gan = [f"--gan.{word.removeprefix('--')}" if word.startswith("--") else word for word in GAN]
    words = ["classify", str(home / "pictures"), "--recipe", name, "--classes", "2", *gan]
    words += ["--per-class", "10", "--test-per-class", "5", "--instances", "1", "--size", "32"]
    words += ["--protocol", "draws", "--train.epochs", "2", "--mix.per-class", "12"]
    words += ["--gan.judge", "", "--train.retries", "0", "--train.evaluate-at", "2"]
    return words if recipe.arms else []


@pytest.mark.parametrize("name", list_recipes())
def test_recipes(name: str, tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]) -> None:
    if name not in SHORT and not tries(0, 1):
        pytest.skip("with --long")
    seed = random.SystemRandom().randrange(10**6)
    make_folder(tmp_path)
    words = miniature(name, tmp_path)
    seconds = run(words, tmp_path / "one", 1)
    expected, failed = what_counts(tmp_path / "one"), []
    run(words, tmp_path / "two", 2)
    for workers in (1, 2):
        outputs = tmp_path / f"killed-{workers}"
        process = start(words, outputs, workers)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(random.Random(seed + workers).uniform(0.2, 0.9) * seconds)
        kill(process, "group")
        run(words, outputs, workers)
    for way in ("two", "killed-1", "killed-2"):
        changed = differences(expected, what_counts(tmp_path / way))
        failed += [f"{way}: {where}" for where in changed]
    tally.note(f"same numbers, recipe {name}: 1 or 2 workers, whole or killed", 4, failed, seed)


def test_whatever_ran_before(tmp_path: Path, tally: Tally) -> None:
    """TensorFlow may run in the caller already, in many threads; caches may be full or empty."""
    make_folder(tmp_path)
    words = command("classify", tmp_path)
    run(words, tmp_path / "plain", 1)
    run(command("gan", tmp_path), tmp_path / "after", 2)
    run(words, tmp_path / "after", 1, first=BUSY)
    expected, found = (what_counts(tmp_path / name) for name in ("plain", "after"))
    failed = [f"{name} differs" for name in expected if expected[name] != found.get(name)]
    tally.note("same numbers, after another run and with TensorFlow started", 1, failed)
