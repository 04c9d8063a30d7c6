"""Layers of the discriminators that Keras lacks."""

from typing import Any

import keras
from keras import ops

GROUP = 4
"""Images that minibatch standard deviation compares with each other."""


@keras.saving.register_keras_serializable("ganaug")
class SpectralConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """A convolution whose kernel is divided by its largest singular value (Miyato et al. 2018).

    Keras' wrapper overwrites the trained kernel at each call, under TensorFlow without the
    gradient through the singular value; here the kernel is left alone and the gradient is exact.

    Parameters
    ----------
    seed
        Seeds the start of the power iteration.
    """

    def __init__(self, *args: Any, seed: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        """Return what builds it again."""
        return {**super().get_config(), "seed": self.seed}

    def build(self, input_shape: Any) -> None:
        """Add the left singular vector, the state of the power iteration."""
        super().build(input_shape)
        self.singular = self.add_weight(
            name="singular",
            shape=(self.filters,),
            initializer=keras.initializers.RandomNormal(1.0, seed=self.seed),
            trainable=False,
            dtype="float32",
        )

    def save_own_variables(self, store: Any) -> None:
        """Save the singular vector too: Keras' convolution knows its own two variables only."""
        super().save_own_variables(store)
        store["singular"] = self.singular

    def load_own_variables(self, store: Any) -> None:
        """Load what :meth:`save_own_variables` wrote."""
        super().load_own_variables(store)
        self.singular.assign(store["singular"])

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Convolve with the normalised kernel; each training call is one power iteration."""
        kernel = ops.cast(self.kernel, "float32")
        matrix = ops.reshape(kernel, (-1, self.filters))
        frozen = ops.stop_gradient(matrix)
        right = ops.normalize(ops.matmul(frozen, self.singular), axis=-1)
        left = ops.normalize(ops.matmul(right, frozen), axis=-1)
        if training:
            self.singular.assign(left)
        norm = ops.sum(ops.matmul(right, matrix) * left)
        kernel = ops.cast(kernel / norm, self.compute_dtype)
        outputs = ops.conv(inputs, kernel, self.strides, self.padding, data_format=self.data_format)
        return outputs + self.bias if self.use_bias else outputs


@keras.saving.register_keras_serializable("ganaug")
class MinibatchStddev(keras.layers.Layer):  # type: ignore[misc]
    """Append a map that says how much the images of a small group differ (Karras et al. 2018).

    It lets a discriminator see that a generator repeats itself. Groups are neighbours in the batch,
    so the batch size must be a multiple of :data:`GROUP`.
    """

    def call(self, inputs: Any) -> Any:
        """Return `inputs` ``[B, H, W, C]`` with one channel more."""
        _, height, width, channels = inputs.shape
        grouped = ops.reshape(inputs, (-1, GROUP, height, width, channels))
        # The small constant keeps the root's gradient finite where all images are equal.
        spread = ops.sqrt(ops.var(grouped, axis=1) + 1e-8)
        spread = ops.mean(spread, axis=(1, 2, 3), keepdims=True)
        spread = ops.repeat(spread, GROUP, axis=0)
        plane = ops.ones_like(inputs[..., :1]) * ops.cast(spread, inputs.dtype)
        return ops.concatenate([inputs, plane], axis=3)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Tell the shape without a batch size, which JAX would need to infer it."""
        return (*input_shape[:-1], input_shape[-1] + 1)


@keras.saving.register_keras_serializable("ganaug")
class Constant(keras.layers.Layer):  # type: ignore[misc]
    """The same row for every image of the batch, whatever the image."""

    def __init__(self, row: list[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.row = row

    def get_config(self) -> dict[str, Any]:
        """Return what builds it again."""
        return {**super().get_config(), "row": self.row}

    def call(self, inputs: Any) -> Any:
        """Return ``[B, len(row)]``."""
        row = ops.convert_to_tensor([self.row], "float32")
        return ops.repeat(row, ops.shape(inputs)[0], axis=0)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Tell the shape without a batch size, which JAX would need to infer it."""
        return (input_shape[0], len(self.row))
