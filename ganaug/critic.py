"""The discriminator after training: says of any image how real it thinks it is."""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ganaug.errors import InputError
from ganaug.layers import Constant
from ganaug.model import GAN
from ganaug.networks import float32_copy
from ganaug.sampling import BLOCK


def build_critic(gan: GAN, label: int | None = None) -> keras.Model:
    """Return the discriminator as one network from ``[*maps, images]`` to logits ``[B, 1]``.

    Parameters
    ----------
    gan
        Trained.
    label
        Which class a class-conditional discriminator is to judge as.

    Notes
    -----
    It computes in float32. The maps are those of the backbone of a projected discriminator, which
    are not stored with it: a dozen megabytes a class that every class shares. A discriminator of
    pixels takes ``[images]``.
    """
    if gan.lens is None:
        inputs = views = [keras.Input(gan.discriminator.inputs[0].shape[1:])]
    else:
        maps = gan.lens.features.outputs
        # The last view is the image itself.
        mixing = float32_copy(keras.Model(maps, gan.lens.outputs[:-1]))
        inputs = [keras.Input(x.shape[1:]) for x in (*maps, gan.lens.input)]
        views = [*mixing(inputs[:-1]), inputs[-1]]
    if label is not None:
        weight = float(ops.convert_to_numpy(gan.label_weight()))
        one_hot = [weight * (label == other) for other in range(gan.classes)]
        views = [*views, Constant(one_hot)(inputs[-1])]
    logits = keras.tree.flatten(float32_copy(gan.discriminator)(views))
    means = [ops.mean(part, axis=1, keepdims=True) for part in logits]
    return keras.Model(inputs, layers.Average()(means) if len(means) > 1 else means[0])


def scores(
    critic: keras.Model, images: np.ndarray, backbone: Callable[[], keras.Model] | None = None
) -> NDArray[np.float32]:
    """Return one logit an image: above 0 looks real.

    Parameters
    ----------
    critic
        From :func:`build_critic`.
    images
        uint8 ``[N, size, size, 3]``.
    backbone
        The one that a projected discriminator was trained with.

    Raises
    ------
    InputError
        A backbone is needed and missing, or given and not needed.
    """
    if (len(critic.inputs) > 1) != (backbone is not None):
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
        found.append(ops.convert_to_numpy(critic([*maps, block / 127.5 - 1], training=False)))
    result: NDArray[np.float32] = np.concatenate(found)[: len(images), 0]
    return result
