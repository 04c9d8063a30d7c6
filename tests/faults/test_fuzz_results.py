"""What earlier runs left behind, damaged or from a stranger: banks, classifiers, results."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.errors import InputError
from tests.faults.mutations import Cases, changed_numbers, damaged

pytestmark = pytest.mark.filterwarnings("ignore")
HOSTILE: tuple[Any, ...] = ({}, [], None, 1, "x", [[]], [{}], {"config": []}, {"arm": []})
"""What may stand in a file in the place of everything."""


def altered(content: bytes, rng: np.random.Generator) -> bytes:
    """Return JSON that was damaged: its bytes, or what it says."""
    chance = rng.random()
    if chance < 0.2:
        return json.dumps(HOSTILE[int(rng.integers(len(HOSTILE)))]).encode()
    if chance < 0.5:
        return damaged(content, rng)
    return json.dumps(changed_numbers(json.loads(content), rng, 0.15)).encode()


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    """A bank of two classes, whose generators know nothing."""
    from ganaug.config import GanConfig
    from ganaug.networks.generator import build_generator

    config = GanConfig(width=4, latent=4)
    folder = tmp_path_factory.mktemp("bank")
    for label, name in enumerate(("cat", "dog")):
        own = folder / f"{label}-{name}"
        own.mkdir()
        build_generator(32, config).save(own / "generator.keras")
        settings = config.model_dump(mode="json")
        says = {"class_name": name, "image_size": 32, "config": settings, "images_sha256": "0" * 64}
        (own / "config.json").write_text(json.dumps(says))
    return folder


def test_banks(tally, tries, bank):
    from ganaug.bank.bank import Bank
    from pipelines.synthetic.reals import find_reals

    seed, cases, path = 41, Cases(), bank / "0-cat" / "config.json"
    rng, whole = np.random.default_rng(seed), path.read_bytes()

    def used() -> None:
        found = Bank(bank)
        assert all(name.isprintable() for name in found.class_names)
        found.settings()
        found.sample(0, 2, seed=0)
        with suppress(InputError):  # there are none
            find_reals(found, None)

    for at in range(tries(150, 1000)):
        path.write_bytes(altered(whole, rng))
        cases.one(f"bank {at}", used)
    path.write_bytes(whole)
    used()
    cases.memory()
    tally.note("damaged banks", cases.times, cases.failed, seed)


@pytest.mark.parametrize(
    "name",
    ["../../outside", "/tmp/outside", "..", ".", "a/b", "a\\b", "con", " x", "x" * 500],
)
def test_a_class_writes_nowhere_else(tally, bank, tmp_path, name):
    """Whatever a bank calls its class, samples of it lie in the folder asked for."""
    from pipelines.verbs.sample import sample

    path = bank / "0-cat" / "config.json"
    whole = path.read_text()
    path.write_text(json.dumps(json.loads(whole) | {"class_name": name}))
    before = set(tmp_path.rglob("*"))
    failed = []
    try:
        out = sample(bank, n=1, out=tmp_path / "in" / "samples")
        made = {one.resolve() for one in set(tmp_path.rglob("*")) - before if one.is_file()}
        if len(made) != 2 or not all(one.is_relative_to(out.resolve()) for one in made):
            failed.append(f"{name!r}: {made}")
    finally:
        path.write_text(whole)
    tally.note("names of classes that lead elsewhere", 1, failed)


@pytest.mark.parametrize("name", ["\x1b[2Jx", "a\nb", "a\rb", "\x9b31m", "\u2028", ""])
def test_a_class_that_draws_on_a_terminal_is_none(bank, name):
    from ganaug.bank.bank import Bank

    path = bank / "0-cat" / "config.json"
    whole = path.read_text()
    path.write_text(json.dumps(json.loads(whole) | {"class_name": name}))
    try:
        with pytest.raises(InputError, match="class_name") as raised:
            Bank(bank)
    finally:
        path.write_text(whole)
    assert str(raised.value).isprintable()


def test_classifiers(tally, tries, tmp_path):
    """`predict` with a classifier whose files are damaged."""
    from classifiers.models.registry import build_model
    from pipelines.tasks.trained import TrainedClassifier

    seed, cases = 42, Cases()
    rng = np.random.default_rng(seed)
    build_model("pereira_small", (32, 32, 3), 2).save(tmp_path / "model.keras")
    fit = {"fit": "crop", "centred": False}
    sure = {
        "aim": 0.9, "threshold": 0.5, "accuracy": 0.9, "accuracy_interval": [0.8, 1], "images": 9,
        "coverage": 0.5, "coverage_interval": [0.1, 0.9],
    }  # fmt: skip
    final = {
        "class_names": ["cat", "dog"], "class_images": {"cat": 3, "dog": 3}, "size": 32, "steps": 1,
        "history": {"loss": [1.0]}, "train_images": 6, "effort": 1, "seconds": 1.0,
    }  # fmt: skip
    asked = {"instance": "instance/x", "arm": {"train": {"tta": "flip"}}}
    files = {
        "config.json": asked, "result.json": final, "preparation.json": fit, "not-sure.json": sure,
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    images = np.zeros((2, 32, 32, 3), np.uint8)

    def used() -> None:
        one = TrainedClassifier(tmp_path)
        assert all(isinstance(name, str) for name in one.class_names)
        assert one.preparation.fit
        with suppress(InputError):
            assert one.result
        assert one.not_sure is None or one.not_sure.words
        assert one.probabilities(images).shape == (2, len(one.class_names))

    used()
    for at in range(tries(100, 800)):
        name = list(files)[at % len(files)]
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(altered(whole, rng))
        cases.one(f"{name} {at}", used)
        (tmp_path / name).write_bytes(whole)
    cases.memory()
    tally.note("damaged classifiers", cases.times, cases.failed, seed)


def test_results(tally, tries, tmp_path):
    """`list`, `report` and `explain` with results that are damaged."""
    from pipelines.report.past import past_runs
    from pipelines.report.reading import read_comparison
    from pipelines.tasks.predictions import read_predictions

    seed, cases = 43, Cases()
    rng = np.random.default_rng(seed)
    result = {
        "name": "x", "recipe": {"data": {"source": "a"}},
        "settings": {"tune": {"objective": "kid"}},
        "trainings": [{"arm": "a", "instance": 0, "result": {"scores": {"accuracy": 0.5}}}],
        "trials": [{"scores": [0.5], "budget": None}],
    }  # fmt: skip
    whole = json.dumps(result).encode()
    for kind in ("comparison", "compare", "tune"):
        (tmp_path / kind / "x").mkdir(parents=True)
    answers = tmp_path / "predictions.npz"
    np.savez(
        answers, probabilities=np.full((3, 2), 0.5, np.float32), labels=np.array([0, 1, 0]),
        images=np.array(["0123456789abcdef"] * 3, np.bytes_),
    )  # fmt: skip
    kept = answers.read_bytes()
    for at in range(tries(150, 1000)):
        for kind in ("comparison", "compare", "tune"):
            (tmp_path / kind / "x" / "result.json").write_bytes(altered(whole, rng))
        answers.write_bytes(damaged(kept, rng))
        cases.one(f"list {at}", lambda: past_runs(tmp_path))
        cases.one(f"report {at}", lambda: read_comparison(tmp_path / "comparison" / "x"))
        cases.one(f"predictions {at}", lambda: read_predictions(tmp_path))
    cases.memory()
    tally.note("damaged results", cases.times, cases.failed, seed)
