"""The copy test catches copiers of every kind and leaves new images alone, however dull."""

from itertools import combinations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import rankdata

from ganaug.errors import InputError
from ganaug.quality import Originals, RandomNetwork, copy_test, find_copies
from ganaug.quality.copying import reproduced, singled_out
from ganaug.quality.originals import moved

EXTRACTOR = RandomNetwork(width=16)
N = 30


def scenes(seed: int, n: int) -> np.ndarray:
    """Draw images that differ as photographs do: smooth random colours, 32 pixels."""
    noise = np.random.default_rng([7, seed]).normal(size=(n, 32, 32, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return np.clip(128 + 600 * smooth, 0, 255).astype(np.uint8)


TRAIN, UNSEEN, FRESH = scenes(0, N), scenes(1, N), scenes(2, 60)


def blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    return gaussian_filter(images, (0, sigma, sigma, 0))


def greyed(images: np.ndarray) -> np.ndarray:
    return (128 + 0.3 * (images - 128.0)).astype(np.uint8)


def mirrored_and_shifted(images: np.ndarray) -> np.ndarray:
    padded = np.pad(images[:, :, ::-1], ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
    return padded[:, :32, 5:37]


@pytest.fixture(scope="module", params=["held out", "leave one out"])
def judge(request):
    train = Originals.of(TRAIN, EXTRACTOR)
    unseen = Originals.of(UNSEEN, EXTRACTOR) if request.param == "held out" else None
    return lambda generated: find_copies(EXTRACTOR(generated), train, unseen)[0]


@pytest.mark.parametrize(
    "new",
    [FRESH, blurred(FRESH, 1), blurred(FRESH, 3), greyed(FRESH), FRESH[:1].repeat(60, axis=0)],
    ids=["fresh", "blurred", "very blurred", "grey", "collapsed"],
)
def test_new_images_pass(judge, new):
    found = judge(new)
    assert not found.copies
    assert found.z is None or found.z > -3


def test_a_copier_is_caught(judge):
    found = judge(TRAIN.repeat(2, axis=0)[::-1][: 2 * N])
    assert found.copies
    assert found.copied > 0.45
    assert found.z is None or found.z < -5


@pytest.mark.parametrize("change", [mirrored_and_shifted, lambda images: blurred(images, 1)])
def test_changed_copies_are_caught(judge, change):
    assert judge(change(TRAIN)).copies


def test_some_copies_among_new_images_are_caught(judge):
    mixed = FRESH.copy()
    mixed[:24:2] = TRAIN[:12]
    found = judge(mixed)
    assert found.copies
    assert 0.35 < found.copied < 0.6


def test_without_unseen_images_as_many_generated_ones_count_as_there_are_other_training_images():
    train = Originals.of(TRAIN, EXTRACTOR)
    found, _ = find_copies(EXTRACTOR(np.concatenate([FRESH[: N - 1], TRAIN])), train)
    assert found == find_copies(EXTRACTOR(FRESH[: N - 1]), train)[0]


def test_a_few_training_images_copied_again_and_again_are_counted_once():
    train, unseen = Originals.of(TRAIN, EXTRACTOR), Originals.of(UNSEEN, EXTRACTOR)
    test, _ = find_copies(EXTRACTOR(TRAIN[:6].repeat(10, axis=0)), train, unseen)
    assert test.copied == pytest.approx(6 / N)


def test_statistic_is_the_rank_sum():
    random = np.random.default_rng(3)
    train, real = random.beta(6, 2, 35), random.beta(8, 2, 50)
    ranks = rankdata(np.concatenate([train, real]))[:35].sum()
    u = ranks - 35 * 36 / 2
    expected = (u - 35 * 50 / 2) / np.sqrt(35 * 50 * (35 + 50 + 1) / 12)
    assert copy_test(train, real, 99, unseen=True).z == pytest.approx(expected)
    assert copy_test(train, real, 99, unseen=False).z is None


def test_chance_of_copies_counts_all_orders():
    """Four training among five unseen images: every order of the nine is as likely."""
    real = np.arange(1.0, 6.0) / 10
    orders = list(combinations(range(9), 4))  # ranks that the training images take

    def chance(copied, position):
        def before(taken):
            real_rank = [rank for rank in range(9) if rank not in taken][position]
            return sum(rank < real_rank for rank in taken)

        return np.mean([before(taken) >= copied for taken in orders])

    for copied in range(5):
        rest = [0.9] * (4 - copied)
        first = copy_test(np.array([0.05] * copied + rest), real, 9, unseen=True)
        assert first.p == pytest.approx(min(1, 2 * chance(copied, 0)))
        third = copy_test(np.array([0.25] * copied + rest), real, 9, unseen=True)
        assert third.p == pytest.approx(min(1, 2 * chance(copied, 2)))
        assert third.copied == pytest.approx(copied / 4)
        assert third.copied_floor == pytest.approx(3 / 6)


@pytest.mark.slow
def test_generators_of_new_images_are_rarely_called_copiers():
    random = np.random.default_rng(0)
    scores = random.beta(8, 2, (1000, 2, 50))
    tests = [copy_test(train, real, 50, unseen=True) for train, real in scores]
    assert sum(t.copies for t in tests) < 5
    assert np.mean([t.copied for t in tests]) == pytest.approx(3 / 51, abs=0.01)
    assert np.std([t.z for t in tests]) == pytest.approx(1, abs=0.1)


def test_an_image_is_singled_out_by_the_ratio_to_the_next_one():
    distances = np.array([[3.0, 1.0, 2.0], [0.0, 0.0, 1.0], [5.0, np.inf, 4.0], [0.0, 2.0, 8.0]])
    expected = [[3, 0.5, 2], [1, 1, np.inf], [1.25, np.inf, 0.8], [0, np.inf, np.inf]]
    found = singled_out(distances)
    np.testing.assert_allclose(np.where(found > 1e9, np.inf, found), expected, atol=1e-9)
    np.testing.assert_allclose(reproduced(distances), [0, 0.5, 0.8], atol=1e-9)


def test_moved_images_are_mirrored_and_shifted():
    variants = list(moved(TRAIN, shift=2))
    assert len(variants) == 18
    np.testing.assert_array_equal(variants[0], TRAIN)
    np.testing.assert_array_equal(variants[9], TRAIN[:, :, ::-1])
    up_left = next(v for v in variants if np.array_equal(v[:, :-2, :-2], TRAIN[:, 2:, 2:]))
    np.testing.assert_array_equal(up_left[:, -1], up_left[:, -2])  # edges are repeated
    assert len({v.tobytes() for v in variants}) == 18


def test_evidence_names_the_copies():
    generated = np.concatenate([scenes(3, 5), TRAIN[4:5]])
    _, nearest = find_copies(EXTRACTOR(generated), Originals.of(TRAIN, EXTRACTOR))
    assert (nearest[0].generated, nearest[0].train[0]) == (5, 4)
    assert nearest[0].distances[0] == pytest.approx(0, abs=1e-3)
    assert nearest[0].distances == sorted(nearest[0].distances)
    assert nearest[0].closeness < 0.01 < nearest[1].closeness
    for row in nearest:
        assert row.closeness == pytest.approx(row.distances[0] / row.distances[1])
    assert [row.closeness for row in nearest] == sorted(row.closeness for row in nearest)


def test_too_few_images_are_refused():
    with pytest.raises(InputError, match="5 training and 2 other"):
        copy_test(np.ones(5), np.ones(2), 9, unseen=True)
    with pytest.raises(InputError, match="2 real images"):
        Originals.of(TRAIN[:2], EXTRACTOR)
