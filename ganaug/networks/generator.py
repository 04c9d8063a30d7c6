"""Generators, for any usual image size, and what they share with the discriminators."""

from typing import Any

import keras
from keras import layers

from ganaug.config import GanConfig
from ganaug.device import dtype_policy
from ganaug.networks.common import initializer, seed_stream, stage_channels


def build_generator(
    size: int, config: GanConfig, classes: int = 0, *, baked: bool = False
) -> keras.Model:
    """Return a network from latent vectors ``[B, latent]`` to images in -1..1.

    It is made of stock Keras layers alone, so that its saved file loads anywhere in safe mode.

    Parameters
    ----------
    size
        Side of the images.
    config
        Width, latent length, kind of network, precision and seed.
    classes
        Above 0, the input is ``[B, latent + classes]``: a one-hot label behind the vector.
    baked
        Give the first layer a bias, which holds a single class of a class-conditional generator.
    """
    channels = stage_channels(size, config.width)
    base = size >> len(channels)
    build = _Builder(config)
    tutorial = config.network == "tutorial"
    latent = keras.Input([config.latent + classes], name="latent")
    x = layers.Dense(
        base * base * channels[-1],
        use_bias=baked or tutorial,
        kernel_initializer=build.initializer(),
        dtype=build.precision,
        name="first",
    )(latent)
    x = layers.Reshape([base, base, channels[-1]], dtype=build.precision)(x)
    blocks = {"residual": build.residual, "dcgan": build.dcgan, "tutorial": build.tutorial}
    x = blocks[config.network](x, channels)
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model(latent, image, name="generator")


class _Builder:
    """Puts layers of one configuration together."""

    def __init__(self, config: GanConfig) -> None:
        self.config = config
        self.precision = dtype_policy(config)
        self.seeds = seed_stream(config.seed, "generator")

    def initializer(self) -> keras.Initializer:
        return initializer(self.config, next(self.seeds))

    def normalise(self, x: Any) -> Any:
        # The next layer's kernel absorbs a scale.
        x = layers.BatchNormalization(momentum=0.9, scale=False, dtype=self.precision)(x)
        return layers.LeakyReLU(0.2, dtype=self.precision)(x)

    def convolve(self, x: Any, filters: int, kernel: int) -> Any:
        return layers.Conv2D(
            filters,
            kernel,
            padding="same",
            kernel_initializer=self.initializer(),
            dtype=self.precision,
        )(x)

    def dcgan(self, x: Any, channels: list[int]) -> Any:
        """Strided transposed convolutions (Radford et al. 2016)."""
        x = self.normalise(x)
        for filters in [*reversed(channels[:-1]), 3]:
            x = layers.Conv2DTranspose(
                filters,
                4,
                2,
                "same",
                use_bias=filters == 3,
                kernel_initializer=self.initializer(),
                dtype=self.precision,
            )(x)
            x = x if filters == 3 else self.normalise(x)
        return x

    def tutorial(self, x: Any, channels: list[int]) -> Any:
        """Strided transposed convolutions of 128 filters without BatchNorm (Brownlee 2019)."""
        x = layers.LeakyReLU(0.2, dtype=self.precision)(x)
        for _ in channels:
            x = layers.Conv2DTranspose(
                2 * self.config.width,
                4,
                2,
                "same",
                kernel_initializer=self.initializer(),
                dtype=self.precision,
            )(x)
            x = layers.LeakyReLU(0.2, dtype=self.precision)(x)
        return self.convolve(x, 3, 3)

    def residual(self, x: Any, channels: list[int]) -> Any:
        """Residual blocks that double the side by repeating pixels (Miyato et al. 2018)."""
        for filters in reversed(channels):
            repeat = layers.UpSampling2D(dtype=self.precision)
            inner = self.convolve(repeat(self.normalise(x)), filters, 3)
            inner = self.convolve(self.normalise(inner), filters, 3)
            x = layers.Add(dtype=self.precision)([self.convolve(repeat(x), filters, 1), inner])
        return self.convolve(self.normalise(x), 3, 3)


def bake_class(
    generator: keras.Model, size: int, config: GanConfig, label: int, weight: float
) -> keras.Model:
    """Return one class of a class-conditional generator as a generator of its own, in float32.

    The label's row of the first layer becomes that layer's bias, times `weight`.
    """
    single = build_generator(size, config.model_copy(update={"precision": "float32"}), baked=True)
    kernel, *rest = generator.get_weights()
    bias = weight * kernel[config.latent + label]
    if config.network == "tutorial":  # its first layer has a bias already
        bias, rest = bias + rest[0], rest[1:]
    single.set_weights([kernel[: config.latent], bias, *rest])
    return single
