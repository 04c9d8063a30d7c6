"""The discriminator after training: says of any image how real it thinks it is."""

import keras
from keras import layers, ops

from ganaug.model.gan import GAN
from ganaug.networks.layers import Constant
from groundwork.compute import float32_copy


def export_discriminator(gan: GAN, label: int | None = None) -> keras.Model:
    """Return the discriminator as one network from ``[*maps, images]`` to logits ``[B, 1]``.

    Parameters
    ----------
    gan
        Trained.
    label
        Which class a class-conditional discriminator is to see images as.

    Notes
    -----
    It computes in float32. The maps are those of the backbone of a projected discriminator, which
    are not stored with it: a dozen megabytes a class that every class shares. A discriminator of
    pixels takes ``[images]``.
    """
    if gan.feature_network is None:
        inputs = views = [keras.Input(gan.discriminator.inputs[0].shape[1:])]
    else:
        maps = gan.feature_network.features.outputs
        # The last view is the image itself.
        mixing = float32_copy(keras.Model(maps, gan.feature_network.outputs[:-1]))
        inputs = [keras.Input(x.shape[1:]) for x in (*maps, gan.feature_network.input)]
        views = [*mixing(inputs[:-1]), inputs[-1]]
    if label is not None:
        weight = float(ops.convert_to_numpy(gan.label_weight()))
        one_hot = [weight * (label == other) for other in range(gan.classes)]
        views = [*views, Constant(one_hot)(inputs[-1])]
    logits = keras.tree.flatten(float32_copy(gan.discriminator)(views))
    means = [ops.mean(part, axis=1, keepdims=True) for part in logits]
    return keras.Model(inputs, layers.Average()(means) if len(means) > 1 else means[0])
