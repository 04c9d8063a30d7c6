"""Strided convolutions whose kernels' gradients are matrix products, where that is faster.

TensorFlow's processor library has a bfloat16 routine for these gradients that is slow on maps of a
few pixels: on two cores of an AMD EPYC (Zen 5), the least of 15 calls, 8.0 ms where products of
gathered pixels take 3.7 (batch 128, 8x8x128 to 4x4x256): as many multiply-adds, rounded otherwise.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

SMALL = 8
"""Largest side of the coarse map; on larger ones gathering costs more than the products save."""


def kernel_gradient(fine: Any, coarse: Any) -> Any:
    """Return the gradient by a 4x4 kernel of stride 2, ``[4, 4, C, K]``.

    Parameters
    ----------
    fine
        The map or gradient on the fine side, ``[B, 2h, 2w, C]``.
    coarse
        The gradient or map on the coarse side, ``[B, h, w, K]``.
    """
    count, height, width, channels = ops.shape(fine)
    height, width = height // 2, width // 2
    # What lies under a 4x4 kernel is 2x2 blocks of 2x2 pixels, and each block has its product.
    blocks = ops.pad(fine, [(0, 0), (1, 1), (1, 1), (0, 0)])
    blocks = ops.reshape(blocks, [count, height + 1, 2, width + 1, 2, channels])
    blocks = ops.reshape(
        ops.transpose(blocks, [0, 1, 3, 2, 4, 5]), [count, height + 1, width + 1, 4 * channels]
    )
    quarters = [blocks[:, i : i + height, j : j + width] for i in (0, 1) for j in (0, 1)]
    pixels = [ops.transpose(ops.reshape(q, [-1, 4 * channels])) for q in quarters]
    flat = ops.reshape(coarse, [-1, coarse.shape[3]])
    found = ops.stack([ops.matmul(p, flat) for p in pixels])
    found = ops.reshape(found, [2, 2, 2, 2, channels, -1])
    return ops.reshape(ops.transpose(found, [0, 2, 1, 3, 4, 5]), [4, 4, channels, -1])


@ops.custom_gradient  # type: ignore[untyped-decorator]
def strided_conv(x: Any, kernel: Any, bias: Any) -> Any:
    """Convolve ``[B, 2h, 2w, C]`` with ``[4, 4, C, K]`` at stride 2, and add ``[1, 1, 1, K]``."""

    def backward(upstream: Any) -> Any:
        by_bias = ops.sum(ops.cast(upstream, "float32"), axis=(0, 1, 2), keepdims=True)
        return (
            ops.conv_transpose(upstream, kernel, 2, "same"),
            kernel_gradient(x, upstream),
            ops.cast(by_bias, bias.dtype),
        )

    # In here, where it follows a convolution, TensorFlow makes one operation of both.
    return ops.add(ops.conv(x, kernel, 2, "same"), bias), backward


@ops.custom_gradient  # type: ignore[untyped-decorator]
def transposed_conv(x: Any, kernel: Any) -> Any:
    """Convolve ``[B, h, w, K]`` transposed with ``[4, 4, C, K]`` at stride 2."""

    def backward(upstream: Any) -> Any:
        return ops.conv(upstream, kernel, 2, "same"), kernel_gradient(upstream, x)

    return ops.conv_transpose(x, kernel, 2, "same"), backward


class FastGradientConv(keras.layers.Layer):  # type: ignore[misc]
    """Do what a convolution does, with its weights, through another function."""

    def __init__(self, layer: keras.layers.Layer, convolve: Callable[..., Any]) -> None:
        super().__init__(dtype=layer.dtype_policy, name=f"{layer.name}_fast_gradient")
        self.layer = layer
        self.convolve = convolve

    def call(self, inputs: Any) -> Any:
        """Call it with everything in the dtype of computation."""
        weights = [ops.cast(v, self.compute_dtype) for v in self.layer.trainable_variables]
        weights[1:] = [ops.reshape(bias, [1, 1, 1, -1]) for bias in weights[1:]]
        return self.convolve(inputs, *weights)


def with_matrix_gradients(network: keras.Model) -> keras.Model:
    """Return a network of the same layers and weights that only differentiates in another way.

    `network` stays as it is: it is the one to save, and changes whenever the other is trained.
    """

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        convolve = _fast_function(layer, args[0])
        return (FastGradientConv(layer, convolve) if convolve else layer)(*args, **kwargs)

    return keras.models.clone_model(network, clone_function=lambda layer: layer, call_function=call)


def _fast_function(layer: keras.layers.Layer, inputs: Any) -> Callable[..., Any] | None:
    """Return the function to use instead of a layer, if there is one for it."""
    if type(layer) not in (keras.layers.Conv2D, keras.layers.Conv2DTranspose):
        return None
    if (layer.kernel_size, layer.strides, layer.padding) != ((4, 4), (2, 2), "same"):
        return None
    plain = layer.activation is keras.activations.linear and layer.dilation_rate == (1, 1)
    if not plain or layer.data_format != "channels_last" or getattr(layer, "groups", 1) != 1:
        return None
    if type(layer) is keras.layers.Conv2D:
        return strided_conv if layer.use_bias and inputs.shape[1] // 2 <= SMALL else None
    return transposed_conv if not layer.use_bias and inputs.shape[1] <= SMALL else None
