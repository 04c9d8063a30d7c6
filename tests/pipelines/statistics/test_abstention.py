"""When a classifier should rather say that it is not sure."""

import numpy as np
import pytest

from pipelines.errors import InputError
from pipelines.statistics.abstention import AIM, Answers, not_sure, threshold_for


def drawn(rng: np.random.Generator, count: int, apart: float, first: int = 0) -> Answers:
    """Return answers to images of two classes whose logits lie so far apart; calibrated."""
    true = rng.integers(0, 2, count)
    chance = 1 / (1 + np.exp(-2 * apart * (rng.normal(size=count) + apart * (2 * true - 1))))
    right = ((chance > 0.5) == true).astype(float)
    return Answers(range(first, first + count), np.maximum(chance, 1 - chance), right)


def folds(answers: Answers, count: int = 5) -> list[Answers]:
    """Return the answers as those of so many folds."""
    return [
        Answers(answers.images[at::count], answers.confidence[at::count], answers.right[at::count])
        for at in range(count)
    ]


def test_answers_above_the_threshold_are_right_at_the_aimed_rate():
    rng = np.random.default_rng(1)
    many = drawn(rng, 40000, 1.2)
    reached, promised = [], []
    for _ in range(15):
        found = not_sure(folds(drawn(rng, 200, 1.2)))
        assert found.aim == AIM
        assert found.threshold is not None
        sure = many.confidence >= found.threshold
        reached.append(many.right[sure].mean())
        promised.append(found.accuracy)
        low, high = found.accuracy_interval
        assert low <= found.accuracy <= high
        assert 0 < found.coverage < 1
    assert np.mean(reached) == pytest.approx(AIM, abs=0.01)
    # What is said of them is neither more nor less than that.
    assert np.mean(promised) == pytest.approx(np.mean(reached), abs=0.015)


def test_where_probabilities_say_nothing_there_is_no_threshold():
    rng = np.random.default_rng(0)
    right = (rng.random(200) < 0.8).astype(float)
    found = not_sure(folds(Answers(range(200), rng.random(200), right)))
    assert found.threshold is None
    assert found.coverage == 1
    assert found.accuracy == pytest.approx(right.mean())
    assert "has no “not sure”: as far as 200 test images can show" in found.words


def test_a_few_answers_show_nothing():
    assert threshold_for(Answers(range(18), np.full(18, 0.9), np.ones(18)), 0.95) is None
    assert threshold_for(Answers(range(19), np.full(19, 0.9), np.ones(19)), 0.95) == 0.9


def test_where_all_answers_reach_the_aim_it_is_higher():
    for wrong, count, aim in ((1, 60, 0.98), (0, 19, 0.95), (2, 300, 0.99)):
        confidence = np.linspace(0.5, 1, count)
        right = np.ones(count)
        right[:wrong] = 0
        assert not_sure(folds(Answers(range(count), confidence, right), 3)).aim == aim


def test_an_image_that_was_tested_often_counts_once():
    once = drawn(np.random.default_rng(3), 200, 1.2)
    single = not_sure(folds(once))
    repeated = not_sure([*folds(once), *folds(once), *folds(once)])
    assert repeated.threshold == single.threshold
    assert repeated.images == single.images == 200
    widths = [high - low for low, high in (single.accuracy_interval, repeated.accuracy_interval)]
    assert widths[1] == pytest.approx(widths[0], rel=0.2)


def test_instances_that_test_the_same_images_are_dealt_into_parts():
    """A threshold is never judged by the images that it was chosen on."""
    same = [drawn(np.random.default_rng(7), 300, 1.0) for _ in range(3)]
    found = not_sure(same)
    assert found.threshold is not None
    assert found.accuracy < 0.99
    assert not_sure(same[:1]).images == 300
    # Where the most confident answer of all is a mistake, its part pays for it.
    confidence = np.linspace(0.5, 1, 100)
    right = np.append((np.arange(99) > 50).astype(float), 0)
    assert not_sure([Answers(range(100), confidence, right)]).accuracy < 1


def test_ties_stand_together():
    right = np.append(np.ones(50), np.zeros(10))
    answers = Answers(range(60), np.full(60, 1.0), right)
    assert threshold_for(answers, AIM) is None


def test_without_an_answer_there_is_nothing_to_choose_on():
    with pytest.raises(InputError, match="no answer to a test image"):
        not_sure([])
