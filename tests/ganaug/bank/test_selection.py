"""Rules keep what they should, and the acceptance rates are the true ones."""

import numpy as np
import pytest

from ganaug.bank.selection import Rule, by_agreement, by_novelty, by_score, select
from ganaug.errors import InputError
from ganaug.quality import Originals


def draw(n: int, seed: int) -> np.ndarray:
    """Draw images of one grey level each, 0..255 alike often."""
    levels = np.random.default_rng(seed).integers(0, 256, n, np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (n, 4, 4, 3)).copy()


def level(images: np.ndarray) -> np.ndarray:
    return images[:, 0, 0, 0].astype(float)


BRIGHT = Rule("bright", lambda images: level(images) >= 128)
EVEN = Rule("even", lambda images: level(images) % 2 == 0)


def test_every_chosen_image_passes_every_rule_and_rates_are_counted_in_order():
    images, report = select(draw, 100, [BRIGHT, EVEN])
    assert images.shape == (100, 4, 4, 3)
    assert (level(images) >= 128).all()
    assert (level(images) % 2 == 0).all()
    bright, even = report.rules
    assert bright.seen == report.drawn
    assert even.seen == bright.kept
    assert even.kept == report.kept >= 100
    assert report.acceptance == pytest.approx(0.25, abs=0.1)
    assert f"bright {bright.kept} of {bright.seen}" in str(report)


def test_no_rules_keep_everything():
    images, report = select(draw, 10, [])
    assert len(images) == 10
    assert report.acceptance == 1


def test_the_same_seed_chooses_the_same_images_and_rounds_differ():
    rare = Rule("rare", lambda images: level(images) < 8)
    images, report = select(draw, 20, [rare], seed=3)
    assert report.rounds > 1
    np.testing.assert_array_equal(images, select(draw, 20, [rare], seed=3)[0])
    assert not np.array_equal(images, select(draw, 20, [rare], seed=4)[0])
    seeds = []
    select(lambda n, seed: (seeds.append(seed), draw(n, seed))[1], 20, [rare], seed=3)
    assert len(set(seeds)) == report.rounds


def test_an_impossible_rule_stops_with_its_acceptance_rate():
    never = Rule("never", lambda images: np.zeros(len(images), bool))
    with pytest.raises(
        InputError, match=r"kept 0 of .*bright.*never 0 of .*\(0.0%\); 5 were asked"
    ):
        select(draw, 5, [BRIGHT, never], rounds=3)


def test_score_keeps_the_best_share_even_among_ties():
    pool = draw(50, 0)
    mask = by_score(level, 0.2).accepts(pool)
    assert mask.sum() == 10
    assert level(pool)[mask].min() >= level(pool)[~mask].max()
    assert by_score(lambda images: np.zeros(len(images)), 0.5).accepts(pool).sum() == 25


def test_agreement_asks_every_member():
    bright = [0.1, 0.9]
    members = np.array(
        [
            [bright, bright, [0.6, 0.4]],
            [bright, [0.6, 0.4], [0.6, 0.4]],
        ]
    )  # two members, three images

    accepted = by_agreement(lambda _: members, 1).accepts(draw(3, 0))
    assert accepted.tolist() == [True, False, False]


def test_novelty_drops_copies_mirrored_ones_too():
    class Raw:
        name = "raw"

        def __call__(self, images, /):
            return images.reshape(len(images), -1).astype(np.float32)

    train = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
    fresh = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3), np.uint8)
    pool = np.concatenate([train[:1], train[1:2, :, ::-1], fresh])
    rule = by_novelty(Originals.of(train, Raw()), Raw(), threshold=0.5)
    assert rule.accepts(pool).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: by_score(level, 0), "keep=0"),
        (lambda: by_agreement(level, 0).accepts(draw(3, 0)), r"\[members, N, K\]"),
        (lambda: select(draw, 0, []), "n=0"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(InputError, match=message):
        make()
