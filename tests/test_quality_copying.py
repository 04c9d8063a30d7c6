"""The copy test catches copiers of every kind and leaves fresh draws alone."""

from itertools import combinations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import rankdata

from ganaug.errors import InputError
from ganaug.quality import Copies, RandomNetwork, copy_test
from ganaug.quality.copying import closeness, moved

EXTRACTOR = RandomNetwork(width=16)


def scenes(seed: int, n: int) -> np.ndarray:
    """Draw images that differ as photographs do: smooth random colours, 32 pixels."""
    noise = np.random.default_rng([7, seed]).normal(size=(n, 32, 32, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return np.clip(128 + 600 * smooth, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def train() -> np.ndarray:
    return scenes(0, 30)


@pytest.fixture(scope="module")
def copies(train) -> Copies:
    return Copies.of(train, EXTRACTOR)


def judge(copies: Copies, generated: np.ndarray, unseen: np.ndarray | None):
    features = None if unseen is None else EXTRACTOR(unseen)
    return copies.test(EXTRACTOR(generated), features)[0]


@pytest.mark.parametrize("unseen", [scenes(1, 50), None], ids=["held out", "leave one out"])
class TestVerdicts:
    def test_a_fresh_draw_passes(self, copies, unseen):
        found = judge(copies, scenes(2, 60), unseen)
        assert not found.copies
        assert abs(found.z) < 3

    @pytest.mark.parametrize("sigma", [1, 2])
    def test_blur_is_not_taken_for_copying(self, copies, unseen, sigma):
        found = judge(copies, gaussian_filter(scenes(2, 60), (0, sigma, sigma, 0)), unseen)
        assert not found.copies
        assert found.z > -3

    def test_a_copier_is_caught(self, copies, train, unseen):
        found = judge(copies, train[np.arange(60) % 30], unseen)
        assert found.copies
        assert found.z < -5
        assert found.near_copies == 1

    def test_a_mirrored_and_shifted_copy_is_caught(self, copies, train, unseen):
        padded = np.pad(train[:, :, ::-1], ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
        assert judge(copies, padded[:, :32, 5:37], unseen).copies

    def test_some_copies_among_far_blobs_are_caught(self, copies, train, unseen):
        blobs = np.full_like(train, 255)
        found = judge(copies, np.concatenate([train, blobs, blobs]), unseen)
        assert found.z > -3  # as a whole the samples look new
        assert found.copies
        assert found.near_copies == pytest.approx(1 / 3)


def test_statistic_is_the_rank_sum_of_meehan_et_al():
    random = np.random.default_rng(3)
    fake, real = random.beta(6, 2, 35), random.beta(8, 2, 50)
    ranks = rankdata(np.concatenate([fake, real]))[:35].sum()
    u = ranks - 35 * 36 / 2
    expected = (u - 35 * 50 / 2) / np.sqrt(35 * 50 * (35 + 50 + 1) / 12)
    assert copy_test(fake, real).z == pytest.approx(expected)


def test_chance_of_near_copies_counts_all_orders():
    """Four generated among five real: every order of the nine is as likely."""
    real = np.arange(1.0, 6.0)
    orders = list(combinations(range(9), 4))  # ranks that the generated ones take

    def chance(near, position):
        def before(taken):
            real_rank = [rank for rank in range(9) if rank not in taken][position]
            return sum(rank < real_rank for rank in taken)

        return np.mean([before(taken) >= near for taken in orders])

    for near in range(5):
        rest = [9.0] * (4 - near)
        nearest = copy_test(np.array([0.5] * near + rest), real)  # before the first real one
        assert nearest.p == pytest.approx(min(1, 2 * chance(near, 0)))
        near_third = copy_test(np.array([2.5] * near + rest), real)
        assert near_third.p == pytest.approx(min(1, 2 * chance(near, 2)))
        assert near_third.near_copies == pytest.approx(near / 4)
        assert near_third.near_copies_floor == pytest.approx(3 / 6)


def test_fresh_draws_are_rarely_called_copies():
    random = np.random.default_rng(0)
    tests = [copy_test(random.beta(8, 2, 50), random.beta(8, 2, 50)) for _ in range(1000)]
    assert sum(t.copies for t in tests) < 5
    assert np.mean([t.near_copies for t in tests]) == pytest.approx(3 / 51, abs=0.01)
    assert np.std([t.z for t in tests]) == pytest.approx(1, abs=0.1)


def test_closeness_is_relative():
    distances = np.array([[3.0, 1.0, 2.0], [0.0, 0.0, 1.0], [5.0, np.inf, 4.0]])
    np.testing.assert_allclose(closeness(distances), [0.5, 0.0, 0.8])


def test_moved_images_are_mirrored_and_shifted(train):
    variants = list(moved(train, shift=2))
    assert len(variants) == 18
    np.testing.assert_array_equal(variants[0], train)
    np.testing.assert_array_equal(variants[9], train[:, :, ::-1])
    up_left = next(v for v in variants if np.array_equal(v[:, :-2, :-2], train[:, 2:, 2:]))
    np.testing.assert_array_equal(up_left[:, -1], up_left[:, -2])  # edges are repeated
    assert len({v.tobytes() for v in variants}) == 18


def test_nearest_are_listed_with_their_distances(copies, train):
    generated = np.concatenate([scenes(3, 5), train[4:5]])
    _, nearest = copies.test(EXTRACTOR(generated))
    assert (nearest[0].generated, nearest[0].train[0]) == (5, 4)
    assert nearest[0].distances[0] == pytest.approx(0, abs=1e-3)
    assert nearest[0].distances == sorted(nearest[0].distances)
    assert nearest[0].closeness < 0.01 < nearest[1].closeness
    for row in nearest:
        assert row.closeness == pytest.approx(row.distances[0] / row.distances[1])
    assert [row.closeness for row in nearest] == sorted(row.closeness for row in nearest)


def test_too_few_images_are_refused(train):
    with pytest.raises(InputError, match="5 generated and 2 real"):
        copy_test(np.ones(5), np.ones(2))
    with pytest.raises(InputError, match="2 training images"):
        Copies.of(train[:2], EXTRACTOR)
