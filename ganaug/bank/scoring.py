"""How real a saved discriminator finds images."""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ganaug.arrays import to_signed
from ganaug.errors import InputError
from ganaug.latent.sampling import BLOCK


def scores(
    discriminator: keras.Model,
    images: np.ndarray,
    backbone: Callable[[], keras.Model] | None = None,
) -> NDArray[np.float32]:
    """Return one logit an image: above 0 looks real.

    Parameters
    ----------
    discriminator
        From :func:`export_discriminator`.
    images
        uint8 ``[N, size, size, 3]``.
    backbone
        The one that a projected discriminator was trained with.

    Raises
    ------
    InputError
        A backbone is needed and missing, or given and not needed.
    """
    if (len(discriminator.inputs) > 1) != (backbone is not None):
        raise InputError(
            "a projected discriminator looks through the backbone it was trained with, one of "
            f"pixels through none; received {'none' if backbone is None else 'one'}"
        )
    padded = np.pad(images, ((0, -len(images) % BLOCK), (0, 0), (0, 0), (0, 0)))
    if backbone is not None:
        network = backbone()
        resize = layers.Resizing(*network.input_shape[1:3])
    found = []
    for start in range(0, len(padded), BLOCK):
        block = ops.convert_to_tensor(padded[start : start + BLOCK], "float32")
        maps = []
        if backbone is not None:
            maps = list(network(resize(block / 255), training=False))
        found.append(ops.convert_to_numpy(discriminator([*maps, to_signed(block)], training=False)))
    result: NDArray[np.float32] = np.concatenate(found)[: len(images), 0]
    return result
