"""The trainings that a recipe asks for."""

from pipelines.comparison.instances import Drawn, OnDisk
from pipelines.comparison.plan import NEXT_SEED, plan_trainings
from pipelines.data.instances import InstanceRecord
from pipelines.recipes.recipe import load_recipe


def drawn(seed: int) -> Drawn:
    record = InstanceRecord(seed=seed, classes=["a", "b"], train_images=4, test_images=4)
    at = {32: OnDisk(f"instance/noise-{seed}-0", ("0", "1"))}
    return Drawn(record, at, ("a", "b"), ("c", "d"))


SIZES = {"real": 32, "flips": 32}
ARMS = {"arms": {"real": {}, "flips": {"augment": "flip"}}}


def test_every_arm_is_trained_on_every_instance_with_every_seed():
    recipe = load_recipe(None, ARMS | {"seeds": 3, "train": {"seed": 5}})
    planned = plan_trainings(recipe, [drawn(0), drawn(1)], None, SIZES)
    assert len(planned) == 12
    assert len({one[:3] for one in planned}) == 12
    assert len({one.task.folder() for one in planned}) == 12
    for one in planned:
        assert one.task.arm.train.seed == 5 + one.instance + NEXT_SEED * one.seed
        assert one.task.arm.augment == ("flip" if one.arm == "flips" else "")


def test_the_first_seed_is_the_training_without_any_others():
    alone = plan_trainings(load_recipe(None, ARMS), [drawn(0)], None, SIZES)
    several = plan_trainings(load_recipe(None, ARMS | {"seeds": 2}), [drawn(0)], None, SIZES)
    assert [one.task.folder() for one in alone] == [
        one.task.folder() for one in several if one.seed == 0
    ]
    assert [one.task.name for one in several[:2]] == ["compare-real-0", "compare-real-0-1"]


def test_one_seed_is_not_written_down_so_that_comparisons_keep_their_names():
    assert "seeds" not in load_recipe().model_dump(mode="json")
    dumped = load_recipe(None, {"seeds": 2}).model_dump(mode="json")
    assert dumped["seeds"] == 2
    assert load_recipe(None, dumped).seeds == 2
