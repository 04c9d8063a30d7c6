"""The same command gives the same numbers, bit for bit, however it is run."""

import contextlib
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from pipelines.recipes.recipe import list_recipes, load_recipe
from tests.faults.runs import (
    FEW,
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


def small(tables: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a recipe, or of one of its arms, that train for a moment."""
    train = {k: v for k, v in tables.get("train", {}).items() if k != "evaluate_at"}
    train |= {"epochs": 2} if "epochs" in train else {}
    for name, most in (("members", 2), ("frozen_epochs", 1), ("thaw_every", 1), ("batch", 16)):
        train |= {name: min(train[name], most)} if train.get(name) else {}
    mix = tables.get("mix", {})
    mix |= {"per_class": 12} if "per_class" in mix else {}
    return {**tables, **{name: one for name, one in (("train", train), ("mix", mix)) if one}}


def miniature(name: str, home: Path) -> list[str]:
    """Return the words that run a recipe in seconds."""
    tables = load_recipe(name).model_dump(mode="json", exclude_defaults=True)
    for table in ("data", "published"):
        tables.pop(table, None)
    tables = {**small(tables), "name": f"small-{name}"}
    tables["train"] = tables.get("train", {}) | {"epochs": 2, "retries": 0}
    tables["mix"] = tables.get("mix", {}) | {"per_class": 12}
    own = {k: v for k, v in tables.get("gan", {}).items() if "every" not in k}
    gan = {"steps": 4, "width": 4, "latent": 8, "batch": 4, "checkpoint_every": 2, "judge": ""}
    tables["gan"] = own | gan | {"grid_every": 2, "backbone_size": 32}
    if arms := tables.get("arms"):
        tables["arms"] = {arm: small(own) for arm, own in arms.items()}
    path = home / f"{name}.toml"
    path.write_text(tomli_w.dumps(tables))
    load_recipe(path)
    return [
        "classify",
        str(home / "pictures"),
        "--recipe",
        str(path),
        *FEW,
        "--test-per-class",
        "5",
    ]


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


def test_whatever_ran_before(
    tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]
) -> None:
    """TensorFlow may run in the caller already, in many threads; caches may be full or empty."""
    if not tries(0, 1):
        pytest.skip("with --long")
    make_folder(tmp_path)
    words = command("classify", tmp_path)
    run(words, tmp_path / "plain", 1)
    run(command("gan", tmp_path), tmp_path / "after", 2)
    run(words, tmp_path / "after", 1, first=BUSY)
    expected, found = (what_counts(tmp_path / name) for name in ("plain", "after"))
    failed = [f"{name} differs" for name in expected if expected[name] != found.get(name)]
    tally.note("same numbers, after another run and with TensorFlow started", 1, failed)
