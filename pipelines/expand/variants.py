"""Changed copies of images: what the terms of an expansion add to the originals."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Annotated, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from pipelines.errors import InputError

Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]
Kernel = Annotated[int, Field(ge=2, le=256)]


Change = Callable[[Pixels, Indices], Pixels]
"""Turns images ``[n, H, W, 3]`` into as many others; their positions ``[n]`` seed what is drawn."""


def flip(seed: int) -> list[Change]:
    """Mirror left and right: N more images."""
    return [lambda images, _: images[:, :, ::-1]]


def rotate(seed: int) -> list[Change]:
    """Turn counter-clockwise by 90, 180 and 270 degrees: 3N more images."""
    return [partial(_turned, turns=turns) for turns in (1, 2, 3)]


def isolate(seed: int) -> list[Change]:
    """Keep the red, the green or the blue channel and blacken the others: 3N more images."""
    masks = np.eye(3, dtype=np.uint8)
    return [partial(_masked, mask=mask) for mask in masks]


def patch_shuffle(
    seed: int, kernel: Kernel = 16, of: Literal["pixels", "patches"] = "pixels"
) -> list[Change]:
    """Shuffle each image once: N more images.

    Parameters
    ----------
    seed
        Fixes, with the position of an image, its permutation.
    kernel
        Side of the square patches that tile the image from its upper left corner. A remainder at
        the right and at the bottom stays as it is.
    of
        ``pixels`` shuffles the pixels inside each patch (PatchShuffle, Kang et al. 2017, which
        study P cites); ``patches`` shuffles the patches and leaves each whole (what its figure,
        "a small modification" of a cat, may show).
    """

    def change(images: Pixels, indices: Indices) -> Pixels:
        count, height, width, channels = images.shape
        places = [_order(seed, int(index), height, width, kernel, of) for index in indices]
        flat = images.reshape(count, height * width, channels)
        return np.take_along_axis(flat, np.stack(places)[..., None], 1).reshape(images.shape)

    return [change]


def _turned(images: Pixels, _: Indices, turns: int) -> Pixels:
    height, width = images.shape[1:3]
    if height != width and turns != 2:
        raise InputError(f"rotate needs square images, received {height}x{width}: set a size")
    return np.rot90(images, turns, axes=(1, 2))


def _masked(images: Pixels, _: Indices, mask: Pixels) -> Pixels:
    return images * mask


@lru_cache(maxsize=256)  # mixing asks for the same few images again and again
def _order(seed: int, index: int, height: int, width: int, kernel: int, of: str) -> Indices:
    """Return where each pixel of a shuffled image comes from, ``[height * width]``."""
    if kernel > min(height, width):
        raise InputError(
            f"patch_shuffle({kernel}) needs images of {kernel} pixels or more, "
            f"received {height}x{width}: use a smaller kernel"
        )
    rng = np.random.default_rng([seed, index])
    order = np.arange(height * width, dtype=np.int64).reshape(height, width)
    tiles = sliding_window_view(order, (kernel, kernel), writeable=True)[::kernel, ::kernel]
    patches = tiles.reshape(-1, kernel * kernel)
    patches = rng.permutation(patches) if of == "patches" else rng.permuted(patches, axis=1)
    tiles[:] = patches.reshape(tiles.shape)
    return order.reshape(-1)
