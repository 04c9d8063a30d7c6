"""The discriminator turned classifier (DADA, Zhang, Wang, Liu and Ling 2018).

A class-conditional GAN's discriminator has learnt from the same few images which shapes matter. Its
convolutions become those of a classifier of twice as many classes, each once real and once
generated, which goes on learning from both kinds; what it answers is the sum of the two. Unlike in
the paper the GAN before it is our own, with one logit for "real" and one more a class, and the
generated images are made once, not anew for each batch.
"""

from typing import TYPE_CHECKING

import keras
from keras import layers, ops

from ganaug.config import GanConfig
from pipelines.errors import InputError

if TYPE_CHECKING:
    from ganaug.bank.bank import Bank


def check_turnable(config: GanConfig) -> None:
    """Raise InputError unless the discriminator of such a GAN can become a classifier."""
    if config.scope != "conditional" or config.discriminator != "pixels":
        raise InputError(
            "mix.strategy 'dada' needs gan.scope='conditional' and gan.discriminator='pixels', "
            f"received {config.scope!r} and {config.discriminator!r}"
        )
    if config.minibatch_stddev:
        raise InputError(
            "mix.strategy 'dada' needs gan.minibatch_stddev=False: a classifier may not look at "
            "the other images of a batch"
        )


def turned_discriminator(bank: "Bank", seed: int) -> keras.Model:
    """Return a network from images in 0..1 to logits ``[B, 2 K]``: real classes, then generated.

    Parameters
    ----------
    bank
        Of a class-conditional GAN of pixels.
    seed
        Of the new last layer.

    Raises
    ------
    InputError
        The bank has a discriminator for each class, or one that looks through a backbone.
    """
    configs = bank.settings()
    for config in configs:
        check_turnable(config)
    (discriminator,) = [one for one in bank.discriminator(0).layers if one.name == "discriminator"]
    dropped = [one for one in discriminator.layers if isinstance(one, layers.Dropout)][-1]
    learnt = keras.Model(discriminator.inputs[0], dropped.output, name="trunk")
    trunk = keras.models.clone_model(learnt)  # the bank keeps its own, for the next classifier
    trunk.set_weights(learnt.get_weights())
    image = keras.Input(discriminator.inputs[0].shape[1:], name="image")
    features = layers.Flatten()(trunk(layers.Rescaling(2, -1)(image)))
    start = keras.initializers.GlorotUniform(seed)
    # Not `logits`: that is what the classifier's own answers are called, for whoever loads it.
    both = layers.Dense(2 * len(configs), kernel_initializer=start, name="both_logits")(features)
    return keras.Model(image, both, name="dada")


def folded(network: keras.Model) -> keras.Model:
    """Return the classifier of K classes: each class, real or generated, is that class."""
    both = ops.log_softmax(network.output)
    real, fake = ops.split(both, 2, axis=1)
    logits = layers.Activation("linear", dtype="float32", name="logits")
    return keras.Model(network.input, logits(ops.logaddexp(real, fake)), name="dada")
