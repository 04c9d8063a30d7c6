"""Differentiable augmentation of real and generated images (DiffAugment).

Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training": every D(x)
becomes D(T(x)), for real and generated images, in both losses, with gradients through T.
"""

from typing import Any

import keras
from keras import ops

from ganaug.errors import InputError

POLICIES = ("color", "translation", "cutout")
SHIFT = 1 / 8
"""Largest translation, as a fraction of the side."""
HOLE = 1 / 2
"""Side of the cut-out square, as a fraction of the side."""

ADAPTATION_STEPS = 1000
"""Steps in which adaptive augmentation can go from never to always, as in keras-io's `gan_ada`;
the paper's 500,000 images would be longer than a whole training on a few dozen."""


def parse_policy(policy: str) -> tuple[str, ...]:
    """Return the parts of a comma-separated policy.

    Examples
    --------
    >>> parse_policy("translation, color")
    ('translation', 'color')

    Raises
    ------
    InputError
        A part is not known.
    """
    parts = tuple(part.strip() for part in policy.split(",") if part.strip())
    for part in parts:
        if part not in POLICIES:
            raise InputError(
                f"augment={policy!r}: unknown part {part!r}; "
                f"use a comma-separated choice of {', '.join(POLICIES)}, or '' for none"
            )
    return parts


class DiffAugment(keras.layers.Layer):  # type: ignore[misc]
    """Augment each image on its own, differentiably.

    Parameters
    ----------
    policy
        Comma-separated choice of ``color``, ``translation`` and ``cutout``, with the strengths
        of the paper.
    seed
        Seeds the draws.
    target
        0: each transformation applies to every image. Above 0: adaptive augmentation (Karras et
        al. 2020, "ADA"): the probability starts at 0 and :meth:`adapt` moves it so that the mean
        sign of the discriminator's logits on real images comes to this; they use 0.6.

    Attributes
    ----------
    probability
        Scalar variable: chance that a transformation is applied to an image.

    Notes
    -----
    Input and output are float images in -1..1 ``[B, H, W, 3]``; colour changes may leave the
    range a little, as in the paper.
    """

    def __init__(self, policy: str, seed: int, target: float = 0.0) -> None:
        super().__init__(dtype="float32", name="augment")
        self.target = target
        self.policy = parse_policy(policy)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.probability = self.add_weight(
            name="probability", initializer="zeros" if target else "ones", trainable=False
        )
        self.built = True

    def call(self, images: Any) -> Any:
        """Return `images` augmented."""
        transforms = {"color": self._color, "translation": self._translation}
        for part in self.policy:
            images = transforms.get(part, self._cutout)(images)
        return images

    def adapt(self, real_logits: Any) -> None:
        """Augment more when the discriminator is too sure of real images, less otherwise."""
        if self.target:
            excess = ops.sign(ops.mean(ops.sign(real_logits)) - self.target)
            moved = self.probability + ops.stop_gradient(excess) / ADAPTATION_STEPS
            self.probability.assign(ops.clip(moved, 0, 1))

    def _uniform(self, images: Any, low: float, high: float) -> Any:
        """Draw one number an image, shape ``[B, 1, 1, 1]``."""
        shape = (ops.shape(images)[0], 1, 1, 1)
        return keras.random.uniform(shape, low, high, seed=self.seed_generator)

    def _coin(self, images: Any) -> Any:
        """Return 1 for the images to transform, else 0; shape ``[B, 1, 1, 1]``."""
        return ops.cast(self._uniform(images, 0, 1) < self.probability, "float32")

    def _color(self, images: Any) -> Any:
        images = images + self._coin(images) * self._uniform(images, -0.5, 0.5)
        grey = ops.mean(images, axis=3, keepdims=True)
        saturation = 1 + self._coin(images) * self._uniform(images, -1, 1)
        images = grey + (images - grey) * saturation
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        contrast = 1 + self._coin(images) * self._uniform(images, -0.5, 0.5)
        return mean + (images - mean) * contrast

    def _translation(self, images: Any) -> Any:
        """Shift by whole pixels, zeros (mid-grey) coming in.

        The shift is a product with 0/1 matrices, one an image and axis: unlike a gather its
        gradient is a product too, which is fast and bit-reproducible on every backend.
        """
        coin = self._coin(images)
        rows = self._shift_matrix(images, coin, axis=1)
        columns = self._shift_matrix(images, coin, axis=2)
        images = ops.einsum("bij,bjwc->biwc", rows, images)
        return ops.einsum("bij,bhjc->bhic", columns, images)

    def _shift_matrix(self, images: Any, coin: Any, axis: int) -> Any:
        side = images.shape[axis]
        reach = round(side * SHIFT)
        shift = ops.floor(self._uniform(images, -reach, reach + 1)) * coin
        index = ops.arange(side, dtype="float32")
        source = index[None, :, None] - shift[:, :, :, 0]
        return ops.cast(ops.equal(source, index[None, None, :]), "float32")

    def _cutout(self, images: Any) -> Any:
        """Set a square to zero; its centre is anywhere, so it may hang over the edge."""
        coin = self._coin(images)
        inside = 1.0
        for axis, shape in ((1, (1, -1, 1, 1)), (2, (1, 1, -1, 1))):
            side = images.shape[axis]
            centre = ops.floor(self._uniform(images, 0, side + 1))
            index = ops.reshape(ops.arange(side, dtype="float32"), shape)
            half = round(side * HOLE) / 2
            near = ops.logical_and(index >= centre - half, index < centre + half)
            inside = inside * ops.cast(near, "float32")
        return images * (1 - coin * inside)
