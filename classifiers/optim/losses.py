"""Losses by name, all from logits and one-hot (or mixed) labels."""

import keras
from keras import ops

from classifiers.config import LossName
from classifiers.errors import InputError

_RANGES = {
    "label_smoothing": (0.0, 0.99),
    "margin": (0.0, 1e6),
    "power": (1.0, 2.0),
    "alpha": (0.0, 1.0),
    "gamma": (0.0, 10.0),
}
"""Of the losses' parameters; PyTorch's margin loss knows powers of 1 and 2 only."""


class MultiMargin(keras.losses.Loss):  # type: ignore[misc]
    """Multi-class margin loss: every wrong logit should lie `margin` below the right one.

    For an image of class y with logits x of K classes, as in PyTorch's ``MultiMarginLoss``::

        loss = sum over j != y of max(0, margin - x[y] + x[j]) ** power / K

    A mixed label (MixUp, CutMix) gives the average of its classes' losses, weighted by the label.

    Parameters
    ----------
    margin : float
        Wanted distance between the right logit and each other.
    power : float
        1 for the plain hinge, 2 for the squared one.
    """

    def __init__(self, margin: float = 1.0, power: float = 1.0) -> None:
        super().__init__(name="multi_margin")
        self.margin = margin
        self.power = power

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return the loss of each image, [B], for labels [B, K] and logits [B, K]."""
        gap = self.margin - ops.expand_dims(y_pred, 2) + ops.expand_dims(y_pred, 1)  # [B, y, j]
        hinge = ops.power(ops.relu(gap), self.power)
        others = 1.0 - ops.eye(y_pred.shape[-1], dtype=hinge.dtype)
        per_class = ops.sum(hinge * others, axis=2) / y_pred.shape[-1]
        return ops.sum(ops.cast(y_true, hinge.dtype) * per_class, axis=1)


def make_loss(name: LossName, **params: float) -> keras.losses.Loss:
    """Return the loss `name`, that takes one-hot labels and logits.

    Parameters
    ----------
    name : str
        ``cross_entropy`` (parameter `label_smoothing`), ``multi_margin`` (`margin`, `power`) or
        ``focal`` (`alpha`, `gamma`; Lin et al. 2017).
    **params : float
        Parameters of that loss.

    Raises
    ------
    InputError
        For a parameter that the loss does not have, or a value that makes no sense.
    """
    allowed = {
        "cross_entropy": ("label_smoothing",),
        "multi_margin": ("margin", "power"),
        "focal": ("alpha", "gamma"),
    }[name]
    if wrong := sorted(set(params) - set(allowed)):
        raise InputError(
            f"loss {name!r} has no parameter {', '.join(wrong)}; it has {', '.join(allowed)}"
        )
    for param, value in params.items():
        low, high = _RANGES[param]
        if not low <= value <= high:
            raise InputError(f"loss {name!r}: {param} is {value}; give one in {low:g} … {high:g}")
    if name == "multi_margin":
        return MultiMargin(**params)
    if name == "focal":
        return keras.losses.CategoricalFocalCrossentropy(from_logits=True, **params)
    return keras.losses.CategoricalCrossentropy(from_logits=True, **params)
