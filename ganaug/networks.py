"""Generator and discriminator of a DCGAN (Radford et al. 2016), for any usual image size."""

from collections.abc import Iterator

import keras
from keras import layers

from ganaug.config import GanConfig
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


def _initializers(seed: int) -> Iterator[keras.Initializer]:
    """Yield DCGAN's N(0, 0.02), each with a seed of its own."""
    while True:
        seed += 1
        yield keras.initializers.RandomNormal(stddev=0.02, seed=seed)


def build_generator(size: int, config: GanConfig) -> keras.Model:
    """Return a network from latent vectors ``[B, latent]`` to images in -1..1.

    It is made of stock Keras layers alone, so that its saved file loads anywhere in safe mode.
    """
    channels = stage_channels(size, config.width)
    base = size >> len(channels)
    init = _initializers(2_000_000 * config.seed)
    dtype = config.precision

    def normalise(x: keras.KerasTensor) -> keras.KerasTensor:
        # The next layer's kernel absorbs a scale.
        x = layers.BatchNormalization(momentum=0.9, scale=False, dtype=dtype)(x)
        return layers.LeakyReLU(0.2, dtype=dtype)(x)

    latent = keras.Input([config.latent], name="latent")
    x = layers.Dense(
        base * base * channels[-1], use_bias=False, kernel_initializer=next(init), dtype=dtype
    )(latent)
    x = layers.Reshape([base, base, channels[-1]], dtype=dtype)(x)
    x = normalise(x)
    for filters in reversed(channels[:-1]):
        x = layers.Conv2DTranspose(
            filters, 4, 2, "same", use_bias=False, kernel_initializer=next(init), dtype=dtype
        )(x)
        x = normalise(x)
    x = layers.Conv2DTranspose(3, 4, 2, "same", kernel_initializer=next(init), dtype=dtype)(x)
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model(latent, image, name="generator")


def build_discriminator(size: int, config: GanConfig) -> keras.Model:
    """Return a network from images in -1..1 to one logit each; it has no batch normalisation."""
    init = _initializers(2_000_000 * config.seed + 1_000_000)
    dtype = config.precision
    image = keras.Input([size, size, 3], name="image")
    x = image
    for filters in stage_channels(size, config.width):
        x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=next(init), dtype=dtype)(x)
        x = layers.LeakyReLU(0.2, dtype=dtype)(x)
    x = layers.Flatten(dtype=dtype)(x)
    x = layers.Dropout(config.dropout, seed=config.seed, dtype=dtype)(x)
    logit = layers.Dense(1, kernel_initializer=next(init), dtype="float32", name="logit")(x)
    return keras.Model(image, logit, name="discriminator")
