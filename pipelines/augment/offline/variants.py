"""Changed copies of images: what each term of an expansion adds to the originals.

Each function takes uint8 images ``[N, H, W, 3]`` and a seed, and returns one or more arrays of the
same shape.
"""

from typing import Annotated, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from pipelines.errors import InputError

Pixels = NDArray[np.uint8]
Kernel = Annotated[int, Field(ge=2, le=256)]


def flip(images: Pixels, seed: int) -> list[Pixels]:
    """Mirror left and right: N more images."""
    return [images[:, :, ::-1]]


def rotate(images: Pixels, seed: int) -> list[Pixels]:
    """Turn counter-clockwise by 90, 180 and 270 degrees: 3N more images."""
    height, width = images.shape[1:3]
    if height != width:
        raise InputError(f"rotate needs square images, received {height}x{width}: set a size")
    return [np.rot90(images, turns, axes=(1, 2)) for turns in (1, 2, 3)]


def isolate(images: Pixels, seed: int) -> list[Pixels]:
    """Keep the red, the green or the blue channel and blacken the others: 3N more images."""
    return [images * mask for mask in np.eye(3, dtype=np.uint8)]


def patch_shuffle(
    images: Pixels,
    seed: int,
    kernel: Kernel = 16,
    of: Literal["pixels", "patches"] = "pixels",
) -> list[Pixels]:
    """Shuffle each image once: N more images.

    Parameters
    ----------
    images
        uint8 ``[N, H, W, 3]``.
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
    height, width = images.shape[1:3]
    if kernel > min(height, width):
        raise InputError(
            f"patch_shuffle({kernel}) needs images of {kernel} pixels or more, "
            f"received {height}x{width}: use a smaller kernel"
        )
    shuffled = images.copy()
    for index, image in enumerate(shuffled):
        rng = np.random.default_rng([seed, index])
        tiles = sliding_window_view(image, (kernel, kernel), axis=(0, 1), writeable=True)
        tiles = tiles[::kernel, ::kernel].transpose(0, 1, 3, 4, 2)  # rows, columns, then a patch
        patches = tiles.reshape(-1, kernel * kernel, 3)
        if of == "patches":
            rng.shuffle(patches)
        else:
            places = np.tile(np.arange(kernel * kernel), (len(patches), 1))
            order = rng.permuted(places, axis=1)
            patches = np.take_along_axis(patches, order[..., None], axis=1)
        tiles[:] = patches.reshape(tiles.shape)
    return [shuffled]
