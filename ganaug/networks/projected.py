"""A discriminator that looks through frozen features (Sauer et al. 2021, "Projected GANs").

A network that was trained on other images brings in what a few dozen images cannot teach: which
shapes matter. Every figure made with it has to say so, and has to be measured on other features.
Those features care little for colour, so a small discriminator of the pixels stands beside it.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import layers

from ganaug.arrays import spread, to_signed
from ganaug.config import GanConfig
from ganaug.device import dtype_policy
from ganaug.errors import InputError
from ganaug.networks.common import seed_stream
from ganaug.networks.discriminators import label_input, pixel_logits, select_class
from ganaug.networks.layers import SpectralConv2D

STREAM = "lens"
"""Names the stream of random numbers; another word would draw other projections."""
CHANNELS = 48
"""Channels of each map after the random projection."""
CALIBRATION = 256
HEAD_CHANNELS = 64
LOGIT_SIDE = 4
"""Heads shrink their map to at most this side and look at each place of it."""


class FeatureNetwork(keras.Model):  # type: ignore[misc]
    """A frozen network from images in -1..1 to the views that the heads look at.

    Its weights beyond the backbone's are random and never trained: 1x1 projections mix the channels
    of each map, and coarser maps are mixed into finer ones, so that no head can rely on a single
    feature. The output is a list: the mixed maps, finest first, then the image itself.

    Parameters
    ----------
    size
        Side of the images; they are resized to the backbone's.
    backbone
        From images in 0..1 to a list of feature maps, finest first.
    seed
        Seeds the projections.

    Notes
    -----
    Its layers have the default dtype policy; the image is passed on in float32 in any case.
    """

    def __init__(self, size: int, backbone: keras.Model, seed: int) -> None:
        image = keras.Input([size, size, 3], name="image")
        side = backbone.input_shape[1]
        x = layers.Resizing(side, side)(layers.Rescaling(0.5, 0.5)(image))
        features = _check_maps(backbone, backbone(x, training=False))
        scalers = [layers.BatchNormalization(center=False, scale=False) for _ in features]
        scaled = [scale(f, training=False) for scale, f in zip(scalers, features, strict=True)]
        super().__init__(
            image, [*_mix(scaled, seed_stream(seed, STREAM)), image], name="feature_network"
        )
        self.scalers = scalers
        self.features = keras.Model(image, features)
        self.trainable = False

    def calibrate(self, images: np.ndarray) -> None:
        """Bring each channel of the features to mean 0 and deviation 1 on these images.

        Features of EfficientNet-Lite have a deviation of about 10; the logits of fresh heads would
        come out as large and the hinge loss start saturated.

        Parameters
        ----------
        images
            uint8 ``[N, size, size, 3]``; up to 256 of them, evenly spaced, are looked at.
        """
        some = images[spread(CALIBRATION, len(images))]
        maps = self.features(to_signed(some.astype(np.float32)), training=False)
        for scaler, found in zip(self.scalers, maps, strict=True):
            values = keras.ops.convert_to_numpy(keras.ops.cast(found, "float32"))
            scaler.moving_mean.assign(values.mean(axis=(0, 1, 2)))
            scaler.moving_variance.assign(values.var(axis=(0, 1, 2)))


def _check_maps(backbone: keras.Model, maps: Any) -> list[Any]:
    if not isinstance(maps, list | tuple) or any(len(m.shape) != 4 for m in maps):
        shapes = [tuple(m.shape) for m in keras.tree.flatten(maps)]
        raise InputError(
            f"backbone {backbone.name!r} gives {shapes}; it must give a list of maps [B, H, W, C]"
        )
    return list(maps)


def _mix(maps: list[Any], seeds: Iterator[int]) -> list[Any]:
    """Project each map and add the coarser ones to it, through random convolutions."""

    def convolve(x: Any, kernel: int) -> Any:
        # LeCun's scale keeps the deviation at 1, for there is no activation.
        start = keras.initializers.LecunNormal(next(seeds))
        return layers.Conv2D(
            CHANNELS, kernel, padding="same", use_bias=False, kernel_initializer=start
        )(x)

    mixed: list[Any] = []
    for features in reversed(maps):
        x = convolve(features, 1)
        if mixed:
            coarser = layers.Resizing(*x.shape[1:3])(mixed[0])
            x = convolve(layers.Add()([x, coarser]), 3)
        mixed.insert(0, x)
    return mixed


def build_heads(features: keras.Model, config: GanConfig, classes: int = 0) -> keras.Model:
    """Return the trained part: one small head a view, each giving a list entry of logits.

    With `classes` above 0 the last input is label weights, see
    :func:`ganaug.networks.discriminators.select_class`.
    """
    seeds, precision = seed_stream(config.seed, "discriminator"), dtype_policy(config)
    views = [keras.Input(view.shape[1:]) for view in features.outputs]
    label = label_input(classes)
    logits = [
        select_class(_head(view, 1 + classes, seeds, precision), label) for view in views[:-1]
    ]
    narrow = config.model_copy(update={"width": max(4, config.width // 2)})
    # Half as wide as alone: the pixels have colours to add, the shapes are the features' business.
    logits.append(pixel_logits(views[-1], label, narrow, seeds))
    return keras.Model([*views, *label], logits, name="discriminator")


def _head(x: Any, filters: int, seeds: Iterator[int], precision: str) -> Any:
    """Look at each place of one map."""

    def convolve(x: Any, filters: int, kernel: int, strides: int = 1, dtype: str = "") -> Any:
        start, seed = keras.initializers.GlorotUniform(next(seeds)), next(seeds)
        return SpectralConv2D(
            filters,
            kernel,
            strides,
            "same",
            seed=seed,
            kernel_initializer=start,
            dtype=dtype or precision,
        )(x)

    def activate(x: Any) -> Any:
        return layers.LeakyReLU(0.2, dtype=precision)(x)

    while x.shape[1] > LOGIT_SIDE:
        x = activate(convolve(x, HEAD_CHANNELS, 4, 2))
    x = activate(convolve(x, HEAD_CHANNELS, 3))
    return convolve(x, filters, 1, dtype="float32")
