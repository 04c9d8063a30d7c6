"""Gradients that a plain backward pass would not give, the same under TensorFlow and JAX."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from groundwork.compute import gradient

FAINT = 1e-12
"""The least weight of a generated image in the discriminator's gradient; see `shared_backward`."""


@ops.custom_gradient  # type: ignore[untyped-decorator]
def scaled_on_return(images: Any, scale: Any) -> Any:
    """Return both unchanged; the gradient that comes back to image i is multiplied by a factor.

    The factor is the gradient that comes back to ``scale[i]``. It is known only after the forward
    pass, and a gradient is the one thing that can be handed backwards.
    """

    def backward(*upstream: Any) -> Any:
        # TensorFlow gives each output's gradient, JAX one tuple of both.
        to_images, factors = keras.tree.flatten(upstream)
        return to_images * factors[:, None, None, None], ops.zeros_like(factors)

    return (images, scale), backward


def shared_backward(
    discriminator_loss: Callable[[Any, Any], Any],
    generator_loss: Callable[[Any], Any],
    real: Any,
    fake: Any,
    scale: Any,
) -> Any:
    """Return the sum of both losses, such that one backward pass through D serves both networks.

    A discriminator that looks at each image on its own sends back to image i the derivative of the
    loss by logit i, times a gradient that is the same for every loss. So the generator's gradient
    is the discriminator's, scaled by one number an image, and D need not be passed a second time.

    Parameters
    ----------
    discriminator_loss, generator_loss
        Of logits ``[B]``: real and generated; generated.
    real, fake
        The logits ``[B]``, `fake` of images that went through :func:`scaled_on_return`.
    scale
        What came out beside those images.

    Notes
    -----
    The quotient needs a derivative other than 0. Where a hinge is at rest (or LeCam balances the
    loss) it is set to :data:`FAINT`, which moves D by far less than float32 can tell.
    """
    known_real, known_fake = ops.stop_gradient(real), ops.stop_gradient(fake)
    by_real, by_fake = gradient(discriminator_loss, known_real, known_fake)
    by_fake = ops.where(ops.abs(by_fake) < FAINT, FAINT, by_fake)
    (wanted,) = gradient(generator_loss, known_fake)
    by_real, by_fake, factor = map(ops.stop_gradient, (by_real, by_fake, wanted / by_fake))
    linear = ops.sum(by_real * real) + ops.sum(by_fake * fake) + ops.sum(factor * scale)
    value = discriminator_loss(known_real, known_fake) + generator_loss(known_fake)
    return linear + ops.stop_gradient(value - linear)
