"""Latent vectors, and images from them."""

from collections.abc import Sequence

import keras
import numpy as np

from ganaug.arrays import to_uint8

BLOCK = 64
"""Images a forward pass. All passes have this size, the last one padded: rounding may depend on
the batch size, and the first n of many samples must be the same as n samples."""


def draw_latents(count: int, length: int, seed: Sequence[int]) -> np.ndarray:
    """Return standard normal float32 latent vectors ``[count, length]``."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, length), dtype=np.float32)


def generate(generator: keras.Model, latents: np.ndarray) -> np.ndarray:
    """Return one uint8 image ``[H, W, 3]`` for each latent vector."""
    padding = -len(latents) % BLOCK
    padded = np.pad(latents, ((0, padding), (0, 0)))
    blocks = [
        to_uint8(keras.ops.convert_to_numpy(generator(padded[i : i + BLOCK], training=False)))
        for i in range(0, len(padded), BLOCK)
    ]
    return np.concatenate(blocks)[: len(latents)]
