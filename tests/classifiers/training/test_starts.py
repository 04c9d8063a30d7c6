"""Trainings that do not start: told without false alarms, tried again in a fixed order."""

import numpy as np
import pytest

from classifiers.config import TrainConfig
from classifiers.errors import DivergedError
from classifiers.training.starts import (
    LEAST_STEPS,
    Attempt,
    Start,
    attempts,
    never_learned,
    together,
    until_it_starts,
)

LABELS = np.repeat([0, 1], 20)
ONE_CLASS = np.tile([0.51, 0.49], (40, 1))
MIXED = np.where(np.arange(40)[:, None] % 2 == [0, 1], 0.51, 0.49)
KNOWS = np.where(LABELS[:, None] == [0, 1], 0.9, 0.1)
FLAT = {"loss": [0.69] * 30, "accuracy": [0.5] * 30}


def stuck(history=FLAT, answers=ONE_CLASS, labels=LABELS):
    return never_learned(history, lambda: answers, labels)


def test_one_answer_at_the_loss_of_the_frequencies_is_never_learned():
    assert stuck()
    assert stuck(FLAT | {"loss": [9.0] * 30}), "another loss than cross entropy"
    sure = np.tile([1.0, 0.0], (40, 1))
    assert stuck(answers=sure), "dead, and sure of it"
    assert stuck(FLAT | {"accuracy": [0.9] * 20 + [0.5] * 10}), "it fell back"


@pytest.mark.parametrize(
    ("history", "answers"),
    [
        (FLAT, KNOWS),  # MixUp, soft labels: the curve stays low, the classifier knows
        (FLAT, MIXED),  # slow, but not of one answer
        (FLAT | {"accuracy": [0.9] * 30}, ONE_CLASS),  # BatchNorm that has not settled
        ({}, ONE_CLASS),  # a probe
    ],
)
def test_what_learns_slowly_or_shows_it_elsewhere_is_no_alarm(history, answers):
    assert not stuck(history, answers)


def test_of_noise_learned_by_heart_the_curve_is_not_asked():
    learned_by_heart = {"loss": [0.1] * 30, "accuracy": [0.9] * 30}
    assert never_learned(learned_by_heart, lambda: ONE_CLASS, LABELS, joined=True)
    assert not never_learned(learned_by_heart, lambda: KNOWS, LABELS, joined=True)


def test_unequal_classes_and_many_classes():
    rare = np.repeat([0, 1], [36, 4])
    frequencies = np.tile([0.9, 0.1], (40, 1))
    assert stuck({"accuracy": [0.9] * 30}, frequencies, rare)
    found_half = frequencies.copy()
    found_half[-2:] = [0.1, 0.9]
    assert not stuck({"accuracy": [0.9] * 30}, found_half, rare)
    ten = np.repeat(np.arange(10), 4)
    flat = np.full((40, 10), 0.1)
    assert stuck({"accuracy": [0.1] * 30}, flat, ten)
    assert not stuck({"accuracy": [0.6] * 30}, flat, ten)


def test_the_classifier_is_asked_only_where_the_curve_is_at_chance():
    def never():
        raise AssertionError("asked")

    assert not never_learned({"accuracy": [0.95] * 5}, never, LABELS)


def test_a_trained_network_gets_a_lower_rate_and_other_seeds_but_no_foreign_standardisation():
    config = TrainConfig(learning_rate=0.1, frozen_learning_rate=0.2, seed=7)
    first, *others = attempts(config, fresh=False)
    assert first == Attempt(config)
    assert [one.changed for one in others] == [
        "a tenth of the learning rate",
        "a tenth of the learning rate and another seed",
        "a tenth of the learning rate and another seed",
    ]
    assert not any(one.standardise for one in others)
    lower = others[0].config
    assert (lower.learning_rate, lower.frozen_learning_rate) == pytest.approx((0.01, 0.02))
    assert len({7, *(one.config.seed for one in others)}) == 3
    none = config.model_copy(update={"retries": 0})
    assert [*attempts(none, fresh=False)] == [Attempt(none)]


@pytest.mark.slow  # loads the registry of models, and Keras with it
def test_images_of_a_fresh_network_are_standardised_first():
    words = "standardised inputs"
    lower = f"{words} and a tenth of the learning rate"
    first, *others = attempts(TrainConfig())
    assert not first.standardise
    assert [one.changed for one in others] == [words, lower, f"{lower} and another seed"]
    assert all(one.standardise for one in others)
    assert [one.changed for one in attempts(TrainConfig(retries=1))] == ["", words]
    backbone = TrainConfig(model="MobileNetV2")
    assert not any(one.standardise for one in attempts(backbone))


def run(outcomes: list[str], steps: int = 100) -> tuple[str, Start]:
    """Train in ways that end as told: `stuck`, `diverged` or otherwise."""
    ways = [Attempt(TrainConfig(), changed=f"way {n}" if n else "") for n in range(len(outcomes))]

    def train(way):
        outcome = outcomes[ways.index(way)]
        if outcome == "diverged":
            raise DivergedError("not finite", None)
        return outcome

    return until_it_starts(train, lambda one: one.startswith("stuck"), lambda one: steps, ways)


def test_the_first_attempt_that_learns_is_kept():
    assert run(["learned", "learned better"]) == ("learned", Start())
    assert run(["stuck", "learned"]) == ("learned", Start(attempts=2, helped={"way 1": 1}))
    kept, start = run(["stuck as asked", "diverged", "stuck otherwise"])
    assert kept == "stuck as asked", "if none learns, what was asked for is kept"
    assert (start.learned, start.words) == (False, "never learned, in 3 attempts")
    with pytest.raises(DivergedError):
        run(["diverged", "learned"])


def test_a_training_too_short_to_start_is_named_but_not_tried_again():
    assert run(["stuck", "learned"], LEAST_STEPS - 1) == ("stuck", Start(failed=1))
    assert Start(failed=1).words == "never learned, in 1 attempt"


def test_members_are_counted_together():
    helped = Start(attempts=2, helped={"standardised inputs": 1})
    joined = together([Start(), helped, helped, Start(failed=1, attempts=4)])
    assert joined.learned
    assert joined.words == (
        "2 of 4 classifiers did not start at first; started with standardised inputs; "
        "1 of 4 classifiers never learned, in 4 attempts"
    )
    assert not together([Start(failed=1), Start(failed=1)]).learned
    assert together([Start(), Start()]).words == ""
