"""Losses against PyTorch's and against their formulas."""

import json

import numpy as np
import pytest
from scipy.special import softmax

from classifiers.config import LossName
from classifiers.errors import InputError
from classifiers.optim.losses import make_loss
from tests.conftest import REFERENCES

REFERENCE = json.loads((REFERENCES / "training_reference.json").read_text())["losses"]
LOGITS = np.array(REFERENCE["logits"], np.float32)
LABELS = np.array(REFERENCE["labels"])
ONE_HOT = np.eye(4, dtype=np.float32)[LABELS]


@pytest.mark.parametrize(
    ("reference", "name", "params"),
    [
        ("multi_margin", "multi_margin", {}),
        ("multi_margin_squared", "multi_margin", {"power": 2, "margin": 0.5}),
        ("cross_entropy", "cross_entropy", {}),
        ("cross_entropy_smoothed", "cross_entropy", {"label_smoothing": 0.2}),
    ],
)
def test_losses_are_pytorchs(reference: str, name: LossName, params: dict[str, float]) -> None:
    loss = float(make_loss(name, **params)(ONE_HOT, LOGITS))
    assert loss == pytest.approx(REFERENCE[reference], rel=1e-5)


def test_multi_margin_by_hand() -> None:
    labels = np.eye(3, dtype=np.float32)[[1]]
    logits = np.array([[0.5, 1.0, -2.0]], np.float32)
    loss = float(make_loss("multi_margin")(labels, logits))
    assert loss == pytest.approx((max(0, 1 - 1 + 0.5) + max(0, 1 - 1 - 2)) / 3)


def test_multi_margin_of_a_mixed_label_is_the_mixture() -> None:
    loss = make_loss("multi_margin")
    other = np.roll(ONE_HOT, 1, axis=1)
    mixed = loss(0.3 * ONE_HOT + 0.7 * other, LOGITS)
    assert float(mixed) == pytest.approx(
        0.3 * float(loss(ONE_HOT, LOGITS)) + 0.7 * float(loss(other, LOGITS)), rel=1e-5
    )


def test_focal_loss_by_its_formula() -> None:
    right = softmax(LOGITS.astype(float), axis=1)[np.arange(len(LABELS)), LABELS]
    expected = (-0.4 * (1 - right) ** 3 * np.log(right)).mean()
    loss = float(make_loss("focal", alpha=0.4, gamma=3)(ONE_HOT, LOGITS))
    assert loss == pytest.approx(expected, rel=1e-4)


def test_a_wrong_parameter_is_named() -> None:
    with pytest.raises(InputError, match="'focal' has no parameter margin; it has alpha, gamma"):
        make_loss("focal", margin=1)


@pytest.mark.parametrize(
    ("name", "param", "value"),
    [("cross_entropy", "label_smoothing", 5), ("focal", "gamma", -3), ("multi_margin", "power", 0)],
)
def test_values_that_make_no_sense(name: LossName, param: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{param} is {value}; give one in"):
        make_loss(name, **{param: value})
