"""Choosing the best of several arms."""

import numpy as np
import pytest

from pipelines.errors import InputError
from pipelines.statistics.choosing import chosen_by_the_others, clearly_worse, leader


def arms(*values):
    return {name: dict(enumerate(own)) for name, own in zip("abcdef", values, strict=False)}


def test_the_leader_was_tried_as_often_as_any():
    assert leader(arms([0.7, 0.7], [0.8, 0.8], [0.99])) == "b"
    with pytest.raises(InputError, match="none to choose"):
        leader({})


def test_an_arm_is_not_the_best_for_one_instance_more():
    """Time ended in the midst of the eighth, on which only a worse one was still tried."""
    many = arms([0.9] * 7, [0.95] * 7, [0.8] * 8)
    assert leader(many) == "b"
    # Nor for an easy one that others were not tried on; of few instances nothing is said.
    many["a"] = dict.fromkeys(range(7), 0.949) | {7: 1.0}
    assert leader(many) == "b"
    assert leader(arms([0.9] * 8, [0.99] * 5)) == "a"
    apart = {"a": dict.fromkeys(range(6), 0.8), "b": dict.fromkeys(range(6, 12), 0.9)}
    assert leader(apart) == "b"


def test_what_is_merely_behind_stays_in_the_race():
    close = arms([0.80, 0.84, 0.78, 0.82], [0.82, 0.83, 0.81, 0.84])
    assert clearly_worse(close, 0.2) == set()
    assert clearly_worse(arms([0.5, 0.5], [0.9, 0.9]), 0.0) == set()  # two instances show nothing
    far = arms([0.50, 0.54, 0.52, 0.51], [0.92, 0.93, 0.91, 0.92], [0.93, 0.92, 0.92, 0.91])
    assert clearly_worse(far, 0.2) == {"a"}


def test_equal_arms_are_rarely_put_out():
    """Five arms, equal by construction, on instances that share images."""
    rng = np.random.default_rng(0)
    out = 0
    for _ in range(200):
        shared = rng.normal(0, 0.02, (5, 1)) * np.sqrt(0.3)
        own = 0.8 + shared + rng.normal(0, 0.02, (5, 6)) * np.sqrt(0.7)
        out += bool(clearly_worse(arms(*own.tolist()), 0.3))
    assert out / 200 <= 0.05


def test_the_best_of_equal_arms_flatters_and_the_choice_of_the_others_does_not():
    rng = np.random.default_rng(1)
    best, honest = [], []
    for _ in range(300):
        made = arms(*rng.normal(0.7, 0.05, (6, 5)).tolist())
        best.append(np.mean(list(made[leader(made)].values())))
        honest.append(np.mean([made[arm][i] for i, arm in chosen_by_the_others(made).items()]))
    assert np.mean(best) > 0.72
    assert np.mean(honest) == pytest.approx(0.7, abs=0.005)


def test_one_instance_leaves_nothing_to_choose_by():
    assert chosen_by_the_others(arms([0.7], [0.9])) == {0: "b"}
