"""Losses of the discriminator and the generator, on raw logits."""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops


class AdversarialLoss(NamedTuple):
    """A pair of losses."""

    discriminator: Callable[[Any, Any], Any]
    """(logits of real, logits of generated images) -> scalar."""
    generator: Callable[[Any], Any]
    """(logits of generated images) -> scalar."""


def _logistic_discriminator(real: Any, fake: Any) -> Any:
    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))


def _logistic_generator(fake: Any) -> Any:
    return ops.mean(ops.softplus(-fake))


def _hinge_discriminator(real: Any, fake: Any) -> Any:
    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))


def _hinge_generator(fake: Any) -> Any:
    return -ops.mean(fake)


LOSSES = {
    "non_saturating": AdversarialLoss(_logistic_discriminator, _logistic_generator),
    "hinge": AdversarialLoss(_hinge_discriminator, _hinge_generator),
}
"""`non_saturating`: Goodfellow et al. 2014. `hinge`: Lim and Ye 2017, Miyato et al. 2018."""
