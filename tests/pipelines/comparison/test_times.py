"""How long trainings are thought to take."""

import pytest

from pipelines.comparison.instances import write_instance
from pipelines.comparison.times import Times
from pipelines.data.instances import Instance
from pipelines.data.pool import in_memory
from pipelines.recipes.recipe import load_recipe
from pipelines.tasks.executor import Executor
from pipelines.tasks.pace import Pace


@pytest.fixture
def times(tmp_path, tiny_images):
    train, test = in_memory(tiny_images), in_memory(tiny_images.select(range(0, 24, 4)))
    one = write_instance(Instance(train, test, 0, tiny_images.class_names, ()), tmp_path, 32)
    short, twice = {"model": "pereira_small", "epochs": 40, "batch": 8}, {"members": 2}
    arms = {"one": {}, "two": {"train": twice}, "mixed": {"mix": {"strategy": "fraction"}}}
    recipe = load_recipe(None, {"train": short, "arms": arms, "gan": {"steps": 100}})
    return Times(recipe, [one], dict.fromkeys(recipe.arms, 32), Executor(tmp_path), final=60)


def test_a_training_is_expected_by_its_passes(times):
    times._paces = dict.fromkeys(times._arms, Pace(start=2.0, an_image=0.01, seconds=3.0))
    assert times.training("one") == pytest.approx(2 + 0.01 * (24 * 40 + 0.4 * 6))
    assert times.training("two") > 1.9 * times.training("one") - 2
    times._generator = 30.0
    assert times.generators() == 60  # of two classes, one after the other
    assert times.instance(0, ["mixed"]) == times.training("mixed") + 60
    assert times.final(["one"]) == pytest.approx(times.training("one") * 60 / 24)
    assert times.final(["mixed"]) == pytest.approx(times.training("mixed") * 60 / 24 + 60)


@pytest.mark.slow
def test_steps_are_timed_anew_and_leave_nothing_behind(times, tmp_path):
    times._recipe = times._recipe.model_copy(update={"arms": {"one": {}, "two": {}}})
    times._arms = times._recipe.resolved_arms()
    times.measure()
    assert 0 < times.training("one") < 60
    assert list(times._paces) == ["one", "two"]
    assert times._paces["one"] == times._paces["two"]  # the same kind, timed once
    assert not list((tmp_path / "pace").iterdir())
