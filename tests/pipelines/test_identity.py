import json
import subprocess
import sys
from functools import cache, partial
from importlib import import_module
from pathlib import Path

import pytest

from classifiers.config import TrainConfig
from classifiers.models import registry
from pipelines import identity
from pipelines.augment.registry import augmentation
from pipelines.identity import source_version
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.recipe import Arm
from pipelines.tasks.gan import GanTask
from pipelines.tasks.train import TrainTask
from pipelines.workspace import features_folder
from tests.conftest import ROOT

WORKS = tuple(f"pipelines.tasks.work.{name}" for name in ("gan", "train", "final", "ensemble"))
NOT_RUN = (
    "ganaug.quality.report",  # how the quality of a bank is put into words
    "ganaug.quality.pictures",
    "classifiers.evaluation.charts",
    "classifiers.inference.export",
    "pipelines.data.sources.folder",  # the images' content counts, not how they were read
    "pipelines.report.page",
    "pipelines.statistics.verdicts",
    "pipelines.verbs.classify",
    "pipelines.cli",
)


def gan_task(**changes: object) -> GanTask:
    settings = {
        "name": "cat-0",
        "instance": "i",
        "label": 0,
        "images": "x",
        "config": GeneratorConfig(),
    }
    return GanTask.model_validate(settings | changes)


def train_task(model: str = "pereira_baseline", augment: str = "") -> TrainTask:
    arm = Arm(train=TrainConfig(model=model), augment=augment)
    return TrainTask(name="real-0", instance="i", arm=arm, bank=None)


@cache
def abbreviated(path: Path) -> str:
    """Stands for the code of a module: the whole of it would be hashed thousands of times here."""
    return identity.digest(WHOLE(path))


WHOLE = identity._code


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch):
    """A function that edits a module in memory and returns the code version of another one.

    With None nothing is edited.
    """

    def version_with(changed: str | None, of: str) -> str:
        path = None if changed is None else identity._path(changed)
        assert path is None or path.is_file(), "an edit of nothing changes nothing"
        identity.code_version.cache_clear()
        monkeypatch.setattr(
            identity, "_code", lambda one: abbreviated(one) + "X = 2" * (one == path)
        )
        found = identity.code_version(of)
        monkeypatch.setattr(identity, "_code", WHOLE)
        identity.code_version.cache_clear()
        return found

    return version_with


def test_settings_that_matter_change_the_folder_and_others_do_not() -> None:
    folder = gan_task().folder()
    assert folder == gan_task(instance="j", label=1).folder()
    assert folder != gan_task(images="y").folder()
    assert folder != gan_task(config=GeneratorConfig(seed=1)).folder()


IMPORTED = """
import json, os, sys
from functools import cache, partial
from importlib import import_module
import keras, tensorflow
for work in sys.argv[1:]:
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        assert status == 0, work
        continue
    import_module(work)
    if "classifiers.models.registry" in sys.modules:
        sys.modules["classifiers.models.registry"].list_models()
    print(json.dumps({work: list(sys.modules)}), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """For each kind of work, our modules that a process of its own has imported for it.

    All are forked from one that has imported the libraries, which takes longer than all of ours.
    """
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *WORKS], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    every = {work: names for line in lines for work, names in line.items()}
    return {
        work: {name for name in names if name.partition(".")[0] in identity.PACKAGES}
        for work, names in every.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("work", WORKS)
def test_every_module_that_a_task_loads_counts_and_changes_its_identity(
    work, edited, imported
) -> None:
    """What Python itself imports is the yardstick, not the reading of the imports."""
    loaded = imported[work]
    assert {work, "groundwork.files", "pipelines.runtime"} <= loaded
    before = edited(None, work)
    unchanged = [name for name in sorted(loaded) if edited(name, work) == before]
    assert unchanged == []


@pytest.mark.parametrize("module", NOT_RUN)
@pytest.mark.parametrize("work", WORKS[:2])
def test_what_no_training_runs_keeps_its_results(work, module, edited) -> None:
    assert edited(module, work) == edited(None, work)


def test_a_generator_does_not_depend_on_how_its_quality_is_assessed(edited) -> None:
    work = "pipelines.tasks.work.gan"
    before = edited(None, work)
    assert edited("ganaug.quality.assessment", work) == before
    assert edited("ganaug.quality.kid", work) != before  # by which a judge chooses the step


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ("def f(x):\n    '''Other words.'''\n\n    return x + 1  # why\n", True),
        ("def f(x):\n    '''Words.'''\n    return x + 2\n", False),
    ],
)
def test_words_do_not_change_the_code_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, same: bool
) -> None:
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_text("def f(x):\n    '''Words.'''\n    return x + 1\n")
    second.write_text(changed)
    assert (identity._code(first) == identity._code(second)) is same


def test_imports_that_only_a_type_checker_reads_do_not_count() -> None:
    text = "if TYPE_CHECKING:\n    import pipelines.cli\nimport pipelines.errors\n"
    nodes = list(identity._running(identity.ast.parse(text)))
    names = [alias.name for node in nodes for alias in getattr(node, "names", ())]
    assert names == ["pipelines.errors"]


def test_libraries_and_backend_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gan_task().identity()
    assert {"tensorflow", "keras", "numpy", "python"} <= before["libraries"].keys()
    folder = gan_task().folder()
    monkeypatch.setattr(
        "pipelines.tasks.base.library_versions", lambda: before["libraries"] | {"keras": "9.9"}
    )
    assert gan_task().folder() != folder
    monkeypatch.undo()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    other = gan_task()
    assert other.identity()["backend"] == "jax"
    assert "jax" in other.identity()["libraries"]
    assert other.folder() != folder


def test_the_precision_that_auto_comes_to_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = set()
    for policy in ("float32", "mixed_bfloat16"):
        monkeypatch.setattr("pipelines.tasks.gan.dtype_policy", lambda _, found=policy: found)
        assert gan_task().identity()["resolved"] == {"precision": policy}
        folders.add(gan_task().folder())
    assert len(folders) == 2


def test_features_of_other_code_are_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = features_folder(tmp_path)
    assert features_folder(tmp_path) == before
    changed = identity._path("classifiers.models.backbones.catalogue")
    identity.code_version.cache_clear()
    monkeypatch.setattr(identity, "_code", lambda path: WHOLE(path) + "X = 2" * (path == changed))
    assert features_folder(tmp_path) != before
    identity.code_version.cache_clear()
    monkeypatch.undo()
    assert features_folder(tmp_path, by="a check") != before


MODEL = """
from keras import Input, Model, layers
from {package}.parts import head
from classifiers.models.registry import register_model
WIDTH = {width}

@register_model(family="mine", source="me", input_size=32, min_size=8)
def my_model(input_shape: tuple[int, int, int], classes: int) -> Model:
    '''{words}'''
    inputs = Input(input_shape)
    return Model(inputs, head(layers.Dense(WIDTH)(layers.Flatten()(inputs)), classes))
"""
PARTS = """
from keras import layers
SCALE = {scale}

def head(x, classes):
    return layers.Dense(classes, name="logits")(SCALE * x)
"""


def test_the_code_of_a_registered_model_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model in two files; each time in another package, for Python keeps what it imported."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "_MODELS", dict(registry._MODELS))

    def folder_with(package: str, words: str = "Build it.", width: int = 4, scale: int = 1) -> Path:
        (tmp_path / package).mkdir()
        (tmp_path / package / "parts.py").write_text(PARTS.format(scale=scale))
        text = MODEL.format(package=package, width=width, words=words)
        (tmp_path / package / "models.py").write_text(text)
        registry._MODELS.pop("my_model", None)
        models = import_module(f"{package}.models")
        models.my_model.__module__, models.head.__module__ = "mine.models", "mine.parts"
        monkeypatch.setitem(sys.modules, "mine.parts", sys.modules[f"{package}.parts"])
        monkeypatch.setitem(sys.modules, "mine.models", models)
        assert list(train_task("my_model").identity()["added"]) == ["my_model"]
        assert train_task().identity()["added"] == {}
        return train_task("my_model").folder()

    plain = folder_with("first")
    assert folder_with("second", words="Other words.") == plain
    assert folder_with("third", width=5) != plain
    assert folder_with("fourth", scale=2) != plain  # a helper in another file
    assert folder_with("fifth") == plain


def test_the_code_of_a_registered_augmentation_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.augment import registry as table

    @augmentation()
    def darker(batch, draws, by: float = 0.5):
        """Make it darker."""
        return batch

    first = train_task(augment="darker").identity()["added"]
    assert list(first) == ["darker"]
    assert train_task(augment="flip").identity()["added"] == {}

    @augmentation()
    def darker(batch, draws, by: float = 0.5):  # noqa: F811
        """Make it darker."""
        return batch.with_images(batch.images * by)

    assert train_task(augment="darker").identity()["added"] != first
    del table._TABLE["darker"]


@pytest.mark.slow
def test_a_task_has_one_name_whatever_was_imported_before() -> None:
    """The builders of pre-trained models are partial functions, which are ours all the same."""
    code = (
        "from classifiers.models import registry; from tests.pipelines.test_identity import *; {}\n"
        "for model in ('efficientnet_lite0', 'MobileNetV2', 'airbench'):\n"
        "    print(train_task(model).identity()['added'], train_task(model).folder())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code.format(before)],
            capture_output=True, text=True, check=True, cwd=ROOT,
        ).stdout
        for before in ("pass", "registry.list_models()", "registry.list_models()")
    }  # fmt: skip
    assert len(said) == 1
    assert [line[:3] for line in said.pop().splitlines()] == ["{} "] * 3


def test_what_is_given_to_a_partial_function_counts_and_where_it_lies_does_not() -> None:
    def build(width, thing):
        return width, thing

    class Thing:
        pass

    things = [Thing(), Thing(), Thing()]  # at once, for each to lie elsewhere
    first, same, other = (
        source_version(partial(build, width, thing=thing))
        for width, thing in zip((4, 4, 5), things, strict=True)
    )
    assert first == same != other
