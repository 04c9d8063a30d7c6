"""What a network holds besides its layers: variables that are copied, metrics that are created."""

import keras
import numpy as np

from classifiers.errors import InputError


def build_metrics(network: keras.Model) -> None:
    """Create the metrics' state, for which `fit` would take a batch away from the data.

    A shuffled dataset gives its next reader another order: the first training would not see the
    batches that it sees when it is repeated.
    """
    images = np.zeros((1, *network.input_shape[1:]), np.float32)
    labels = np.zeros((1, network.output_shape[-1]), np.float32)
    predicted = network(images, training=False)
    network.compute_loss(images, labels, predicted, training=False)
    network.compute_metrics(images, labels, predicted)
    network.reset_metrics()


def copy_variables(source: keras.Model, target: keras.Model) -> None:
    """Copy weights, moving statistics and random states."""
    if [v.shape for v in source.variables] != [v.shape for v in target.variables]:
        raise InputError(
            f"model {source.name!r} has other weights than the network the trainer was made for: "
            "make a trainer of this model"
        )
    for mine, theirs in zip(source.variables, target.variables, strict=True):
        if mine is not theirs:
            theirs.assign(mine)
