"""Discriminators of pixels: images in, raw logits out.

None of them normalises over the batch, so one pass may judge real and generated images.
"""

from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from ganaug.config import GanConfig
from ganaug.layers import MinibatchStddev, SpectralConv2D
from ganaug.networks import initializer, seed_stream, stage_channels


def build_discriminator(size: int, config: GanConfig) -> keras.Model:
    """Return a network from ``[images]`` in -1..1 to ``[logits]``, ``[B, 1]``."""
    image = keras.Input([size, size, 3], name="image")
    logit = judge_pixels(image, config, seed_stream(config.seed, "discriminator"))
    return keras.Model([image], [logit], name="discriminator")


def judge_pixels(image: Any, config: GanConfig, seeds: Iterator[int]) -> Any:
    """Return one logit for each image."""
    build = _Builder(config, seeds)
    block = build.residual if config.network == "residual" else build.strided
    x = image
    for filters in stage_channels(image.shape[1], config.width):
        x = block(x, filters)
    if config.minibatch_stddev:
        x = MinibatchStddev(dtype=config.precision)(x)
    x = layers.Dropout(config.dropout, seed=next(seeds), dtype=config.precision)(x)
    # A kernel of the whole map is a dense layer that can be normalised like the others.
    x = build.convolve(x, 1, x.shape[1], padding="valid", dtype="float32")
    return layers.Flatten(dtype="float32")(x)


class _Builder:
    """Puts layers of one configuration and one stream of seeds together."""

    def __init__(self, config: GanConfig, seeds: Iterator[int]) -> None:
        self.config = config
        self.seeds = seeds

    def convolve(self, x: Any, filters: int, kernel: int, **kwargs: Any) -> Any:
        spectral = {"seed": next(self.seeds)} if self.config.spectral_norm else {}
        layer = SpectralConv2D if self.config.spectral_norm else layers.Conv2D
        settings = {"padding": "same", "dtype": self.config.precision} | kwargs | spectral
        start = initializer(self.config, next(self.seeds))
        return layer(filters, kernel, kernel_initializer=start, **settings)(x)

    def activate(self, x: Any) -> Any:
        return layers.LeakyReLU(0.2, dtype=self.config.precision)(x)

    def strided(self, x: Any, filters: int) -> Any:
        """Halve the side by a strided convolution (Radford et al. 2016)."""
        return self.activate(self.convolve(x, filters, 4, strides=2))

    def residual(self, x: Any, filters: int) -> Any:
        """Halve the side by averaging at the end of a residual block (Miyato et al. 2018)."""
        inner = self.activate(self.convolve(x, filters, 3))
        inner = self.convolve(inner, filters, 3)
        x = layers.Add(dtype=self.config.precision)([self.convolve(x, filters, 1), inner])
        return self.activate(layers.AveragePooling2D(2, dtype=self.config.precision)(x))
