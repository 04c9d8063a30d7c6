"""A trained network whose first layer begins anew, with kernels of another size (P13)."""

from typing import Literal

import keras
from keras import layers

from classifiers.errors import InputError

FirstKernel = Literal[1, 3, 5, 7, 9, 11]
_SEED = 0
"""Of the new kernels: one draw for all trainings, so that their features can be kept."""


def with_first_kernel(network: keras.Model, kernel: FirstKernel) -> keras.Model:
    """Return a copy of a network whose first convolution has random kernels of another size.

    What follows keeps its weights. A padding by zeros before the convolution fits itself to it.

    Parameters
    ----------
    network
        Functional, its first convolution of known channels.
    kernel
        Side of the new kernels.

    Raises
    ------
    InputError
        If no layer of the network is a convolution.
    """
    order = network.layers
    first = next((i for i, one in enumerate(order) if isinstance(one, layers.Conv2D)), None)
    if first is None:
        raise InputError(f"first_kernel={kernel} with {network.name}, which has no convolution")
    padded = order[first - 1] if isinstance(order[first - 1], layers.ZeroPadding2D) else None

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if layer is order[first]:
            draw = keras.initializers.HeNormal(_SEED)
            config |= {"kernel_size": kernel, "kernel_initializer": draw}
        if layer is padded:
            config["padding"] = kernel // 2
        return layer.__class__.from_config(config)

    changed = keras.models.clone_model(network, clone_function=clone)
    for mine, theirs in zip(order, changed.layers, strict=True):
        if mine is not order[first]:
            theirs.set_weights(mine.get_weights())
    return changed
