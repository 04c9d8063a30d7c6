"""Penalties that keep a discriminator of few images from growing too sure."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from groundwork.compute import gradient

R1_EVERY = 16
"""Steps between gradient penalties, each weighted by as much ("lazy", Karras et al. 2020)."""
LECAM_DECAY = 0.99
"""Of the anchors' moving averages."""


class LeCam(keras.layers.Layer):  # type: ignore[misc]
    """Pull the logits towards moving averages of the other side's (Tseng et al. 2021).

    Attributes
    ----------
    real, fake
        Scalar variables: the anchors, moving averages of the mean logits.
    """

    def __init__(self) -> None:
        super().__init__(dtype="float32", name="lecam")
        self.real = self.add_weight(name="real", initializer="zeros", trainable=False)
        self.fake = self.add_weight(name="fake", initializer="zeros", trainable=False)
        self.built = True

    def call(self, real: Any, fake: Any) -> Any:
        """Return the penalty, whatever the adversarial loss is."""
        penalty = ops.mean(ops.square(ops.relu(real - self.fake)))
        return penalty + ops.mean(ops.square(ops.relu(self.real - fake)))

    def update(self, real: Any, fake: Any) -> None:
        """Move the anchors towards these logits."""
        for anchor, logits in ((self.real, real), (self.fake, fake)):
            now = ops.stop_gradient(ops.mean(logits))
            anchor.assign(LECAM_DECAY * anchor + (1 - LECAM_DECAY) * now)


def lazy_r1(discriminate: Callable[[Any], Any], images: Any, step: Any) -> Any:
    """Return half the squared gradient of the logits at real images, every 16th step (R1).

    Mescheder et al. 2018. The images are those that the discriminator sees, augmented.

    Parameters
    ----------
    discriminate
        Images to logits, without side effects: it runs inside a conditional.
    images
        float ``[B, H, W, 3]``.
    step
        Scalar integer.
    """

    def penalty() -> Any:
        (slope,) = gradient(lambda x: ops.sum(discriminate(x)), images)
        return 0.5 * R1_EVERY * ops.mean(ops.sum(ops.square(slope), axis=(1, 2, 3)))

    return ops.cond(ops.equal(step % R1_EVERY, 0), penalty, lambda: ops.zeros(()))
