"""The arithmetic of ganaug.quality, against other libraries and against its own definitions."""

import numpy as np
import pytest

from ganaug.errors import InputError
from ganaug.quality import fid, kid, prdc
from ganaug.quality.values import Value, average, fraction
from tests.conftest import REFERENCES

# Made by tests/data/make_quality_reference.py with prdc, torch-fidelity and torch.
REFERENCE = np.load(REFERENCES / "quality_reference.npz")
REAL, FAKE = REFERENCE["real"], REFERENCE["fake"]


def gaussians(seed: int, n: int, m: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.standard_normal((n, 16)), random.standard_normal((m, 16)) + shift


def test_kid_is_that_of_torch_fidelity():
    assert kid(REAL, FAKE[: len(REAL)]).value == pytest.approx(float(REFERENCE["kid_equal"]))


def test_kid_of_unequal_numbers_is_its_definition():
    def kernel(x, y):
        return (x @ y / len(x) + 1) ** 3

    within = [
        np.mean([kernel(x, y) for i, x in enumerate(s) for j, y in enumerate(s) if i != j])
        for s in (REAL, FAKE)
    ]
    across = np.mean([kernel(x, y) for x in REAL for y in FAKE])
    assert kid(REAL, FAKE).value == pytest.approx(sum(within) - 2 * across)


def test_kid_error_is_the_jackknife_spelt_out():
    def spread(values):
        return (len(values) - 1) * np.var(values)

    real, fake = REAL[:12], FAKE[:9]
    without_real = [kid(np.delete(real, i, axis=0), fake).value for i in range(len(real))]
    without_fake = [kid(real, np.delete(fake, i, axis=0)).value for i in range(len(fake))]
    expected = np.sqrt(spread(without_real) + spread(without_fake))
    assert kid(real, fake).standard_error == pytest.approx(expected)


def test_kid_straddles_zero_and_its_error_is_that_of_redrawing():
    same = [kid(*gaussians(seed, 30, 30)) for seed in range(200)]
    values = np.array([s.value for s in same])
    assert 0.25 < np.mean(values < 0) < 0.75
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))

    apart = np.array([kid(*gaussians(seed, 30, 60, shift=0.5)) for seed in range(200)])
    assert np.sqrt(np.mean(apart[:, 1] ** 2)) == pytest.approx(apart[:, 0].std(), rel=0.25)


def test_fid_is_that_of_torch_fidelity():
    assert fid(REAL, FAKE).value == pytest.approx(float(REFERENCE["fid"]), rel=1e-6)


def test_fid_of_shifted_and_scaled_copies_is_known():
    assert fid(REAL, REAL).value == pytest.approx(0, abs=1e-12)
    assert fid(REAL, REAL + 1).value == pytest.approx(REAL.shape[1])
    variance = np.var(REAL, axis=0, ddof=1).sum()
    centred = REAL - REAL.mean(axis=0)
    assert fid(centred, 3 * centred).value == pytest.approx(4 * variance)


def test_fid_error_is_that_of_redrawing():
    draws = np.array([fid(*gaussians(seed, 100, 100, shift=1.0)) for seed in range(60)])
    assert np.sqrt(np.mean(draws[:, 1] ** 2)) == pytest.approx(draws[:, 0].std(), rel=0.4)


def test_fid_refuses_where_it_would_be_all_bias():
    with pytest.raises(InputError, match=r"16 real and 40 generated images.*dimensions \(16\)"):
        fid(*gaussians(0, 16, 40))


@pytest.mark.parametrize("k", [3, 5])
def test_manifold_shares_are_those_of_prdc(k):
    found = prdc(REAL, FAKE, k=k)
    values = [found.precision, found.recall, found.density, found.coverage]
    np.testing.assert_allclose([v.value for v in values], REFERENCE[f"prdc_{k}"])
    assert found.k == k


def test_manifold_has_no_more_neighbours_than_images():
    found = prdc(REAL[:4], FAKE, k=5)
    assert found.k == 3
    assert found == prdc(REAL[:4], FAKE, k=3)


def test_share_of_all_is_not_certain():
    assert fraction(np.ones(50, bool)).value == 1
    assert 0.01 < fraction(np.ones(50, bool)).standard_error < 0.05
    halves = np.arange(1000) % 2 == 0
    assert fraction(halves).standard_error == pytest.approx(np.sqrt(0.25 / 1000), rel=0.01)


def test_average_does_not_pretend_that_shared_errors_cancel():
    assert average([Value(1, 0.2), Value(2, 0.4)]) == pytest.approx((1.5, 0.3))


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (REAL, FAKE[:, :3], "same extractor"),
        (REAL[0], FAKE, "same extractor"),
        (REAL[:2], FAKE, "2 real and 60 generated"),
        (REAL, FAKE * np.nan, "NaN"),
    ],
)
def test_bad_features_are_named(real, fake, message):
    with pytest.raises(InputError, match=message):
        kid(real, fake)
