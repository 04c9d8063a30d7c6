"""Discriminators of pixels: images in, raw logits out.

None of them normalises over the batch: but for minibatch standard deviation no image's logit
depends on another image, which :func:`ganaug.objective.gradients.shared_backward` needs.
"""

from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from ganaug.config import GanConfig
from ganaug.device import dtype_policy
from ganaug.networks.common import initializer, seed_stream, stage_channels
from ganaug.networks.layers import MinibatchStddev, SpectralConv2D


def build_discriminator(size: int, config: GanConfig, classes: int = 0) -> keras.Model:
    """Return a network from ``[images]`` in -1..1 to ``[logits]``, ``[B, 1]``.

    With `classes` above 0 it takes ``[images, label weights]``, see :func:`select_class`.
    """
    image = keras.Input([size, size, 3], name="image")
    label = label_input(classes)
    logit = pixel_logits(image, label, config, seed_stream(config.seed, "discriminator"))
    return keras.Model([image, *label], [logit], name="discriminator")


def label_input(classes: int) -> list[Any]:
    """Return the input of label weights ``[B, classes]``, as a list that may be empty."""
    return [keras.Input([classes], name="label")] if classes else []


def select_class(logits: Any, label: list[Any]) -> Any:
    """Add a class's logit to the common one.

    The linear form of the projection discriminator (Miyato and Koyama 2018): one filter says
    whether an image is real, one filter a class whether it is real as such.

    Parameters
    ----------
    logits
        ``[B, H, W, 1 + classes]``.
    label
        Empty, or one tensor of weights ``[B, classes]``: one-hot times how much labels count.

    Returns
    -------
    ``[B, H * W]``
    """
    common = layers.Flatten(dtype="float32")(logits[..., :1])
    if not label:
        return common
    weighted = logits[..., 1:] * label[0][:, None, None, :]
    return common + layers.Flatten(dtype="float32")(keras.ops.sum(weighted, axis=3))


def pixel_logits(image: Any, label: list[Any], config: GanConfig, seeds: Iterator[int]) -> Any:
    """Return one logit for each image."""
    build = _Builder(config, seeds)
    x = image
    if config.network == "tutorial":
        x = build.tutorial(x)
    else:
        block = build.residual if config.network == "residual" else build.strided
        for filters in stage_channels(image.shape[1], config.width):
            x = block(x, filters)
    if config.minibatch_stddev:
        x = MinibatchStddev(dtype=build.precision)(x)
    x = layers.Dropout(config.dropout, seed=next(seeds), dtype=build.precision)(x)
    # A kernel of the whole map is a dense layer that can be normalised like the others.
    filters = 1 + sum(weights.shape[1] for weights in label)
    x = build.convolve(x, filters, x.shape[1], padding="valid", dtype="float32")
    return select_class(x, label)


class _Builder:
    """Puts layers of one configuration and one stream of seeds together."""

    def __init__(self, config: GanConfig, seeds: Iterator[int]) -> None:
        self.config = config
        self.precision = dtype_policy(config)
        self.seeds = seeds

    def convolve(self, x: Any, filters: int, kernel: int, **kwargs: Any) -> Any:
        spectral = {"seed": next(self.seeds)} if self.config.spectral_norm else {}
        layer = SpectralConv2D if self.config.spectral_norm else layers.Conv2D
        settings = {"padding": "same", "dtype": self.precision} | kwargs | spectral
        start = initializer(self.config, next(self.seeds))
        return layer(filters, kernel, kernel_initializer=start, **settings)(x)

    def activate(self, x: Any) -> Any:
        return layers.LeakyReLU(0.2, dtype=self.precision)(x)

    def strided(self, x: Any, filters: int) -> Any:
        """Halve the side by a strided convolution (Radford et al. 2016)."""
        return self.activate(self.convolve(x, filters, 4, strides=2))

    def tutorial(self, x: Any) -> Any:
        """Four 3x3 convolutions of 64, 128, 128 and 256 filters at 32 pixels (Brownlee 2019)."""
        width = self.config.width
        x = self.activate(self.convolve(x, width, 3))
        for _ in stage_channels(x.shape[1], width)[:-1]:
            x = self.activate(self.convolve(x, 2 * width, 3, strides=2))
        return self.activate(self.convolve(x, 4 * width, 3, strides=2))

    def residual(self, x: Any, filters: int) -> Any:
        """Halve the side by averaging at the end of a residual block (Miyato et al. 2018)."""
        inner = self.activate(self.convolve(x, filters, 3))
        inner = self.convolve(inner, filters, 3)
        x = layers.Add(dtype=self.precision)([self.convolve(x, filters, 1), inner])
        return self.activate(layers.AveragePooling2D(2, dtype=self.precision)(x))
