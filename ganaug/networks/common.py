"""What generators and discriminators share: sizes, channels, seeds, initial weights."""

from collections.abc import Iterator

import keras
import numpy as np

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


def seed_stream(seed: int, name: str) -> Iterator[int]:
    """Yield seeds, one for each thing in a network that draws."""
    rng = np.random.default_rng([seed, *name.encode()])
    while True:
        yield int(rng.integers(2**31))


def initializer(config: GanConfig, seed: int) -> keras.Initializer:
    """Return each paper's own: DCGAN's N(0, 0.02) leaves the sums of residual blocks near 0."""
    if config.network != "dcgan":
        return keras.initializers.GlorotUniform(seed)
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)
