"""Networks built for short trainings on small images, behind a fixed whitening layer."""

from collections.abc import Sequence
from typing import Annotated, Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray
from pydantic import Field

from classifiers.models.parts import he_conv, logits, normalise, torch_batch_norm
from classifiers.models.registry import register_model

_PATCH = 2
_EPSILON = 5e-4  # added to the patches' variances: airbench's value


@keras.saving.register_keras_serializable(package="classifiers")
class PatchWhitening(keras.layers.Layer):  # type: ignore[misc]
    """Fixed convolution that decorrelates 2x2 patches; only its bias is trained.

    Its filters are the patches' principal axes, each divided by its deviation, and their
    negatives, so that an activation behind it loses no sign. `adapt` learns them from images;
    before that they are the pixels themselves.
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the filters: one of each sign for every value of a patch."""
        channels = int(input_shape[-1] or 0)
        values = _PATCH * _PATCH * channels
        self.kernel = self.add_weight(
            shape=(_PATCH, _PATCH, channels, 2 * values), name="kernel", trainable=False
        )
        self.bias = self.add_weight(shape=(2 * values,), initializer="zeros", name="bias")
        self._set_axes(np.eye(values))

    def _set_axes(self, axes: NDArray[np.floating[Any]]) -> None:
        self.kernel.assign(np.concatenate([axes, -axes], axis=1).reshape(self.kernel.shape))

    def adapt(self, images: NDArray[np.floating[Any]]) -> None:
        """Learn the filters from what the layer will receive, float [N, H, W, C]."""
        windows = np.lib.stride_tricks.sliding_window_view(images, (_PATCH, _PATCH), axis=(1, 2))
        patches = np.moveaxis(windows, 3, -1).reshape(-1, self.kernel.shape[-1] // 2)
        variances, axes = np.linalg.eigh(np.cov(patches, rowvar=False))
        self._set_axes(axes / np.sqrt(variances + _EPSILON))

    def call(self, inputs: Any) -> Any:
        """Convolve without padding."""
        return keras.ops.conv(inputs, self.kernel) + self.bias


def whiten(model: keras.Model, images: NDArray[np.floating[Any]]) -> None:
    """Fit a model's whitening layer to training images; does nothing to a model without one.

    Parameters
    ----------
    model
        A model of the registry.
    images
        Float images of 0..1, [N, H, W, C]; the first 5,000 are enough.
    """
    for layer in model.layers:
        if isinstance(layer, PatchWhitening):
            received = keras.Model(model.input, layer.input).predict(images[:5000], verbose=0)
            layer.adapt(np.asarray(received))


@keras.saving.register_keras_serializable(package="classifiers")
class PartialIdentity(keras.initializers.Initializer):  # type: ignore[misc]
    """Let a convolution's first filters pass its input on; the others are as in PyTorch."""

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        """Return a kernel [h, w, inputs, filters] of odd h and w."""
        rest = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
        kernel = np.array(rest(shape, "float32"))
        height, width, inputs, filters = shape
        kept = min(inputs, filters)
        kernel[..., :kept] = 0
        kernel[height // 2, width // 2, range(kept), range(kept)] = 1
        return keras.ops.convert_to_tensor(kernel, dtype=dtype)


@register_model(family="fast", source="Jordan 2024, airbench94", input_size=32, min_size=9)
def airbench(
    input_shape: tuple[int, int, int],
    classes: int,
    width: Annotated[int, Field(ge=1, le=1024)] = 64,
) -> keras.Model:
    """Build the network of airbench94: whitening, then three blocks of two convolutions, GELU.

    Call `whiten` with the training images before the first step.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    width
        Channels of the first block; the other two have four times as many.
    """
    inputs = keras.Input(input_shape, name="image")
    x = layers.Activation("gelu")(PatchWhitening(name="whitening")(normalise(inputs)))
    for filters in (width, 4 * width, 4 * width):
        x = layers.MaxPooling2D(2)(_identity_conv(x, filters))
        x = layers.Activation("gelu")(_quick_batch_norm(x))
        x = layers.Activation("gelu")(_quick_batch_norm(_identity_conv(x, filters)))
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs, logits(_scaled(x, 1 / 9), classes), name="airbench")


def _identity_conv(x: Any, filters: int) -> Any:
    return layers.Conv2D(
        filters, 3, padding="same", use_bias=False, kernel_initializer=PartialIdentity()
    )(x)


def _quick_batch_norm(x: Any) -> Any:
    """BatchNorm whose statistics follow quickly; the next layer can scale, so this does not."""
    return layers.BatchNormalization(momentum=0.6, epsilon=1e-12, scale=False)(x)


def _scaled(x: Any, factor: float) -> Any:
    """Shrink the features, which keeps a zero-bias layer's first logits small."""
    return layers.Rescaling(factor)(x)


@register_model(family="fast", source="Page 2018, DAWNBench; airbench", input_size=32, min_size=9)
def resnet9(
    input_shape: tuple[int, int, int],
    classes: int,
    width: Annotated[int, Field(ge=1, le=1024)] = 64,
    whitening: bool = True,
) -> keras.Model:
    """Build ResNet-9: four convolutions, residual pairs behind the second and the last, GELU.

    Call `whiten` with the training images before the first step.

    Parameters
    ----------
    input_shape
        Height, width and channels.
    classes
        Number of classes.
    width
        Channels of the first convolution; the next three have 2, 4 and 8 times as many.
    whitening
        Fixed whitening of 2x2 patches before the first convolution.
    """
    inputs = keras.Input(input_shape, name="image")
    x = normalise(inputs)
    if whitening:
        x = layers.Activation("gelu")(PatchWhitening(name="whitening")(x))
    x = _conv_gelu(x, width)
    for factor, residual in ((2, True), (4, False), (8, True)):
        x = layers.MaxPooling2D(2)(_conv_gelu(x, factor * width))
        if residual:
            x = layers.Add()([x, _conv_gelu(_conv_gelu(x, factor * width), factor * width)])
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs, logits(_scaled(x, 1 / 8), classes), name="resnet9")


def _conv_gelu(x: Any, filters: int) -> Any:
    return layers.Activation("gelu")(torch_batch_norm(he_conv(x, filters, 3, padding="same")))
