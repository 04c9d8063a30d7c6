"""Generators, for any usual image size, and what they share with the discriminators."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import layers

from ganaug.config import GanConfig
from ganaug.device import dtype_policy
from ganaug.errors import InputError

MAX_GROWTH = 8
"""Deep layers have at most this many times the channels of the first."""


def check_size(height: int, width: int) -> int:
    """Return the side of square images that the networks can make.

    Raises
    ------
    InputError
        The images are not square, or not a multiple of 8 from 32 to 128.
    """
    if height != width or height % 8 or not 32 <= height <= 128:
        raise InputError(
            f"images of {height}x{width} pixels; "
            "the GAN needs square ones of a multiple of 8 from 32 to 128: resize them"
        )
    return height


def stage_channels(size: int, width: int) -> list[int]:
    """Return the channels of each resolution, finest first, down to a 4 to 15 pixel base.

    Examples
    --------
    >>> stage_channels(32, 64), stage_channels(48, 64), stage_channels(128, 64)
    ([64, 128, 256], [64, 128, 256], [64, 128, 256, 512, 512])
    """
    stages = 0
    while size % 2 == 0 and size >= 8:
        size //= 2
        stages += 1
    return [width * min(2**i, MAX_GROWTH) for i in range(stages)]


def seed_stream(seed: int, name: str) -> Iterator[int]:
    """Yield seeds, one for each thing in a network that draws."""
    rng = np.random.default_rng([seed, *name.encode()])
    while True:
        yield int(rng.integers(2**31))


def initializer(config: GanConfig, seed: int) -> keras.Initializer:
    """Return each paper's own: DCGAN's N(0, 0.02) leaves the sums of residual blocks near 0."""
    if config.network == "residual":
        return keras.initializers.GlorotUniform(seed)
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)


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
    latent = keras.Input([config.latent + classes], name="latent")
    x = layers.Dense(
        base * base * channels[-1],
        use_bias=baked,
        kernel_initializer=build.initializer(),
        dtype=build.precision,
        name="first",
    )(latent)
    x = layers.Reshape([base, base, channels[-1]], dtype=build.precision)(x)
    x = build.residual(x, channels) if config.network == "residual" else build.dcgan(x, channels)
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

    def residual(self, x: Any, channels: list[int]) -> Any:
        """Residual blocks that double the side by repeating pixels (Miyato et al. 2018)."""
        for filters in reversed(channels):
            repeat = layers.UpSampling2D(dtype=self.precision)
            inner = self.convolve(repeat(self.normalise(x)), filters, 3)
            inner = self.convolve(self.normalise(inner), filters, 3)
            x = layers.Add(dtype=self.precision)([self.convolve(repeat(x), filters, 1), inner])
        return self.convolve(self.normalise(x), 3, 3)


def float32_copy(network: keras.Model) -> keras.Model:
    """Return a network of the same layers and weights that computes in float32.

    What is kept of a training in half precision: it needs no machine that is good at that.
    """

    def in_float32(layer: Any) -> Any:
        config = layer.get_config()
        if "dtype" in config:  # an operation such as slicing has none
            config["dtype"] = "float32"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(network, clone_function=in_float32)
    copy.set_weights(network.get_weights())  # cloning draws new ones
    return copy


def bake_class(
    generator: keras.Model, size: int, config: GanConfig, label: int, weight: float
) -> keras.Model:
    """Return one class of a class-conditional generator as a generator of its own, in float32.

    The label's row of the first layer becomes that layer's bias, times `weight`.
    """
    single = build_generator(size, config.model_copy(update={"precision": "float32"}), baked=True)
    kernel, *rest = generator.get_weights()
    bias = weight * kernel[config.latent + label]
    single.set_weights([kernel[: config.latent], bias, *rest])
    return single
