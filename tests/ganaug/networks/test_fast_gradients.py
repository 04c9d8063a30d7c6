"""Other ways to the gradients of strided convolutions, against TensorFlow's own."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganaug import GanConfig
from ganaug.networks.discriminators import build_discriminator
from ganaug.networks.fast_gradients import strided_conv, transposed_conv, with_matrix_gradients
from ganaug.networks.generator import build_generator

CONFIG = GanConfig(width=8, latent=4, precision="float32", dropout=0)


def draw(*shape: int) -> Any:
    return tf.constant(np.random.default_rng(len(shape)).standard_normal(shape), tf.float32)


def gradients(function: Any, inputs: list[Any]) -> list[Any]:
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(*inputs)
        loss = tf.reduce_sum(outputs * tf.sin(outputs))
    return [outputs, *tape.gradient(loss, inputs)]


@pytest.mark.parametrize(("height", "width"), [(8, 8), (4, 12)])
def test_gradients_of_convolutions(height: int, width: int) -> None:
    fine, coarse = draw(3, height, width, 5), draw(3, height // 2, width // 2, 7)
    kernel, bias = draw(4, 4, 5, 7), draw(1, 1, 1, 7)
    stock: Any = lambda x, k, b: tf.nn.conv2d(x, k, 2, "SAME") + b  # noqa: E731
    pairs = [(strided_conv, stock, [fine, kernel, bias])]
    stock = lambda x, k: tf.nn.conv2d_transpose(x, k, fine.shape, 2, "SAME")  # noqa: E731
    pairs.append((transposed_conv, stock, [coarse, kernel]))
    for ours, theirs, inputs in pairs:
        for mine, expected in zip(gradients(ours, inputs), gradients(theirs, inputs), strict=True):
            np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "shape", "expected"),
    [
        (build_generator, (6, 4), ["conv2d_transpose", "conv2d_transpose_1"]),
        (build_discriminator, (6, 32, 32, 3), ["conv2d_1", "conv2d_2"]),
    ],
)
def test_a_network_differentiated_in_another_way_is_the_same_network(
    build: Any, shape: tuple[int, ...], expected: list[str]
) -> None:
    keras.backend.clear_session()  # for the names
    network = build(32, CONFIG)
    other = with_matrix_gradients(network)
    replaced = [layer.layer.name for layer in other.layers if hasattr(layer, "convolve")]
    assert replaced == expected, "the deepest layers, not the largest map"
    assert not [layer for layer in network.layers if hasattr(layer, "convolve")]
    assert [id(v) for v in other.variables] == [id(v) for v in network.variables]
    inputs, found = draw(*shape), []
    for model in (network, other):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(tf.convert_to_tensor(model(inputs, training=True)[0])))
        found.append(tape.gradient(loss, [v.value for v in network.trainable_variables]))
    for mine, stock in zip(*found, strict=True):
        np.testing.assert_allclose(mine, stock, rtol=1e-4, atol=1e-5)


def test_a_network_without_such_layers_keeps_them_all() -> None:
    network = build_discriminator(32, CONFIG.model_copy(update={"spectral_norm": True}))
    assert [type(x) for x in with_matrix_gradients(network).layers] == [
        type(x) for x in network.layers
    ]
