"""Growing parts of an instance's images, and trainings on them."""

import numpy as np
import pytest

from pipelines.comparison.instances import draw_instances, open_source
from pipelines.comparison.parts import (
    FEWEST,
    FRACTIONS,
    part_cost,
    part_fractions,
    part_positions,
    plan_parts,
    train_parts,
    write_part,
)
from pipelines.data.images import Images
from pipelines.recipes.recipe import load_recipe
from pipelines.tasks.executor import Executor
from pipelines.workspace import PREPARATION, TEST, TRAIN

SIZES = [16, 32]


@pytest.fixture
def fit():
    return "crop"


@pytest.fixture
def drawn(photographs, tmp_path, fit):
    data = {"source": str(photographs), "instances": 2, "fit": fit}
    recipe = load_recipe(None, {"data": data})
    source = open_source(recipe.data)
    return draw_instances(source, recipe.data.filled(source), tmp_path, SIZES)


def test_parts_are_nested_and_keep_the_imbalance():
    labels = np.repeat([0, 1, 2], [40, 20, 3])
    groups = np.arange(len(labels))
    parts = [part_positions(labels, groups, part, 7) for part in (0.25, 0.5, 1.0)]
    assert [np.bincount(labels[part]).tolist() for part in parts] == [
        [10, 5, 2],
        [20, 10, 2],
        [40, 20, 3],
    ]
    assert set(parts[0]) < set(parts[1]) < set(parts[2])
    assert not np.array_equal(parts[0], part_positions(labels, groups, 0.25, 8))


def test_a_part_holds_whole_groups_but_for_one_of_each_class():
    labels = np.repeat([0, 1], 40)
    groups = np.tile(np.repeat(np.arange(10), 4), 2)  # each in both classes
    part = part_positions(labels, groups, 0.5, 0)
    held = [np.unique(groups[part[labels[part] == label]]).tolist() for label in (0, 1)]
    assert held[0] == held[1]
    assert len(held[0]) == 5


@pytest.mark.parametrize("fit", ["crop", "inner"])  # of which nothing is cut off once more
def test_a_part_is_the_same_pictures_at_every_size_and_is_tested_as_the_whole(drawn, tmp_path):
    one = drawn[0]
    part = write_part(one, tmp_path, 0.5, SIZES)
    assert part.record.train_images == len(part.train) == 24
    assert part.test == one.test
    for size in SIZES:
        whole, folder = tmp_path / one.at[size].folder, tmp_path / part.at[size].folder
        images, every = Images.load(folder / TRAIN), Images.load(whole / TRAIN)
        assert images.counts().tolist() == [8, 8, 8]
        which = [every.image_hashes().index(image) for image in images.image_hashes()]
        assert tuple(one.train[i] for i in which) == part.train
        assert Images.load(folder / TEST).digest() == Images.load(whole / TEST).digest()
        assert (folder / PREPARATION).read_text() == (whole / PREPARATION).read_text()
    smaller = write_part(one, tmp_path, 0.25, SIZES[:1])
    assert set(smaller.train) < set(part.train)
    assert list(smaller.at) == SIZES[:1]


def test_parts_in_which_classes_would_be_too_small_are_left_out(drawn, tmp_path):
    assert part_fractions(drawn, tmp_path) == list(FRACTIONS)  # 16 images of each class
    small = write_part(drawn[0], tmp_path, 0.5, SIZES)
    assert part_fractions([small], tmp_path) == [0.5]
    assert 0.5 * 8 >= FEWEST > 0.25 * 8
    smallest = write_part(small, tmp_path, 0.5, SIZES)
    assert part_fractions([*drawn, smallest], tmp_path) == []


def test_arms_with_generators_are_left_out_of_the_plan(drawn, tmp_path):
    joined = {"mix": {"strategy": "fraction"}}
    arms = {"flips": {"augment": "flip"}, "generated": joined, "real": {}}
    recipe = load_recipe(None, {"arms": arms, "seeds": 2})
    planned = plan_parts(recipe, drawn, {"flips": 16, "real": 32, "generated": 32}, tmp_path)
    assert len(planned) == 2 * 2 * 2 * 2  # fractions, instances, arms, seeds
    assert {one.training.arm for one in planned} == {"flips", "real"}
    assert {(one.fraction, one.per_class) for one in planned} == {(0.25, 4), (0.5, 8)}
    assert all(one.fraction < part_cost(one.fraction) < 1 for one in planned)
    assert {one.training.instance for one in planned} == {0, 1}
    assert len({one.training.task.folder() for one in planned}) == len(planned)
    assert {one.training.task.arm.size for one in planned} == {16, 32}
    assert plan_parts(recipe, [], {}, tmp_path) == []
    only = recipe.model_copy(update={"arms": {"generated": joined}})
    assert plan_parts(only, drawn, {"generated": 32}, tmp_path) == []


@pytest.mark.slow
def test_classifiers_are_trained_on_parts(drawn, tmp_path):
    train = {"model": "pereira_small", "epochs": 2, "batch": 25}
    recipe = load_recipe(None, {"arms": {"real": {}}, "train": train})
    planned = plan_parts(recipe, drawn[:1], {"real": 32}, tmp_path)
    with Executor(tmp_path) as executor:
        runs = train_parts(planned, executor)
        again = train_parts(planned, executor)
    assert again == runs
    assert [(run.fraction, run.per_class) for run in runs] == [(0.25, 4), (0.5, 8)]
    assert [run.result.train_images for run in runs] == [12, 24]
    assert {(run.arm, run.instance, run.seed) for run in runs} == {("real", 0, 0)}
    assert {run.result.scores.images for run in runs} == {12}
