"""Sweeps, which become arms, and settings that an arm takes back."""

from pathlib import Path
from typing import Any

import pytest

from classifiers.config import TrainConfig
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe


def resolved(tables: dict[str, Any]) -> dict[str, Any]:
    return load_recipe(None, tables).resolved_arms()


def test_each_value_of_a_sweep_is_an_arm_and_so_is_the_base():
    sweeps = {"train.learning_rate": {"values": [0.01, 1.0]}, "augment": {"values": ["flip"]}}
    arms = resolved({"train": {"epochs": 7, "learning_rate": 0.1}, "sweeps": sweeps})
    assert list(arms) == ["base", "learning rate 0.01", "learning rate 1.0", "augment flip"]
    assert arms["base"].train == TrainConfig(epochs=7, learning_rate=0.1)
    assert arms["learning rate 0.01"].train == TrainConfig(epochs=7, learning_rate=0.01)
    assert arms["augment flip"].augment == "flip"
    assert arms["augment flip"].train == arms["base"].train


def test_a_sweep_can_be_of_one_key_twice_and_change_more():
    sweep = {
        "key": "train.batch",
        "values": [16],
        "name": "half precision, batch",
        "also": {"train": {"precision": "mixed_float16"}, "size": 48},
    }
    arms = resolved({"sweeps": {"train.batch": {"values": [32]}, "halves": sweep}})
    assert list(arms) == ["base", "batch 32", "half precision, batch 16"]
    half = arms["half precision, batch 16"]
    assert (half.train.batch, half.train.precision, half.size) == (16, "mixed_float16", 48)


def test_arms_of_the_file_come_before_those_of_its_sweeps(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text('[arms.a]\n[sweeps."train.batch"]\nvalues = [8]\n', encoding="utf-8")
    assert list(load_recipe(path).arms) == ["a", "batch 8"]


@pytest.mark.parametrize(
    ("sweeps", "message"),
    [
        ({"train.batch": {"values": []}}, "sweeps.train.batch: values: List should have at least"),
        ({"train.batch": {"values": [3], "all": 1}}, "unknown key 'all'"),
        ({"train.batch": [3]}, "sweeps.train.batch"),
        ({"train.batch": {"values": [0]}}, "an arm: train.batch: should be greater than or equal"),
        ({"train.batsh": {"values": [1]}}, "an arm: unknown key 'train.batsh'"),
        ({"train.batch": {"values": [1, 1]}}, "give each value once"),
        ({}, "sweeps: 1 to 100 tables"),
    ],
)
def test_a_wrong_sweep_is_one_line(sweeps: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message) as raised:
        load_recipe(None, {"sweeps": sweeps})
    assert "\n" not in str(raised.value)


def test_an_arm_drops_what_the_base_sets():
    train = {"schedule": "one_cycle", "schedule_params": {"warmup": 0.5}, "batch": 8}
    own = {"drop": ["train.schedule", "train.schedule_params.warmup", "augment"]}
    arms = resolved({"augment": "flip", "train": train, "arms": {"all": {}, "less": own}})
    assert arms["all"].train.schedule_params == {"warmup": 0.5}
    assert arms["less"].train == TrainConfig(batch=8)
    assert (arms["all"].augment, arms["less"].augment) == ("flip", "")


@pytest.mark.parametrize(
    ("drop", "message"),
    [
        (["train.shedule"], "settings: an arm: unknown setting to drop 'train.shedule'"),
        (["augment.flip"], "'augment' is a setting, not a table"),
        ("augment", "a list of settings"),
    ],
)
def test_what_cannot_be_dropped_is_said(drop: object, message: str):
    with pytest.raises(InputError, match=message):
        load_recipe(None, {"arms": {"a": {"drop": drop}}})
