"""A discriminator that looks through frozen features (Sauer et al. 2021, "Projected GANs").

A network that was trained on other images brings in what a few dozen images cannot teach: which
shapes matter. Every figure made with it has to say so, and has to be judged on other features.
Those features care little for colour, so a small discriminator of the pixels stands beside it.
"""

from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from ganaug.config import GanConfig
from ganaug.discriminators import judge_pixels
from ganaug.errors import InputError
from ganaug.layers import SpectralConv2D
from ganaug.networks import seed_stream

CHANNELS = 48
"""Channels of each map after the random projection."""
HEAD_CHANNELS = 64
LOGIT_SIDE = 4
"""Heads shrink their map to at most this side and judge each place of it."""


def build_lens(size: int, backbone: keras.Model, seed: int) -> keras.Model:
    """Return a frozen network from images in -1..1 to the views that the heads judge.

    Its weights beyond the backbone's are random and never trained: 1x1 projections mix the channels
    of each map, and coarser maps are mixed into finer ones, so that no head can rely on a single
    feature.

    Parameters
    ----------
    size
        Side of the images; they are resized to the backbone's.
    backbone
        From images in 0..1 to a list of feature maps, finest first.
    seed
        Seeds the projections.

    Returns
    -------
    keras.Model
        A list: the mixed maps, finest first, then the image itself.
    """
    maps = backbone.outputs
    if len(maps) < 2 or any(len(m.shape) != 4 for m in maps):
        raise InputError(
            f"backbone {backbone.name!r} gives {len(maps)} outputs of shapes "
            f"{[tuple(m.shape) for m in maps]}; it must give at least 2 maps [B, H, W, C]"
        )
    seeds = seed_stream(seed, "lens")
    image = keras.Input([size, size, 3], name="image")
    x = layers.Rescaling(0.5, 0.5)(image)
    side = backbone.input_shape[1]
    if side != size:
        x = layers.Resizing(side, side)(x)
    mixed: list[Any] = []
    for features in reversed(backbone(x, training=False)):
        x = layers.Conv2D(
            CHANNELS, 1, use_bias=False, kernel_initializer=keras.initializers.HeNormal(next(seeds))
        )(features)
        if mixed:
            coarser = layers.Resizing(*x.shape[1:3])(mixed[0])
            x = layers.Conv2D(
                CHANNELS,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer=keras.initializers.HeNormal(next(seeds)),
            )(layers.Add()([x, coarser]))
        mixed.insert(0, x)
    lens = keras.Model(image, [*mixed, image], name="lens")
    lens.trainable = False
    return lens


def build_heads(lens: keras.Model, config: GanConfig) -> keras.Model:
    """Return the trained part: one small head a view, each giving a list entry of logits."""
    seeds = seed_stream(config.seed, "discriminator")
    views = [keras.Input(view.shape[1:]) for view in lens.outputs]
    logits = [_head(view, seeds) for view in views[:-1]]
    logits.append(judge_pixels(views[-1], config, seeds))
    return keras.Model(views, logits, name="discriminator")


def _head(x: Any, seeds: Iterator[int]) -> Any:
    """Judge one map."""

    def convolve(x: Any, filters: int, kernel: int, strides: int = 1) -> Any:
        return SpectralConv2D(
            filters,
            kernel,
            strides,
            "same",
            seed=next(seeds),
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
        )(x)

    while x.shape[1] > LOGIT_SIDE:
        x = layers.LeakyReLU(0.2)(convolve(x, HEAD_CHANNELS, 4, 2))
    x = layers.LeakyReLU(0.2)(convolve(x, HEAD_CHANNELS, 3))
    return layers.Flatten()(convolve(x, 1, 1))
