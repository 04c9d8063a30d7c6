"""Failures in order, Grad-CAM against its formula."""

import keras
import numpy as np
import pytest

from classifiers.errors import InputError
from classifiers.evaluation.explain import failure_sheet, grad_cam, overlay
from classifiers.evaluation.failures import failures
from classifiers.inference.ensembles import as_one_model
from classifiers.inference.probabilities import probabilities
from classifiers.models.transfer import transfer_model

IMAGES = np.random.default_rng(0).random((70, 6, 6, 2), np.float32)  # more than one batch
HEAD = np.array([[1.0, -2.0, 0.5], [-1.0, 1.5, -3.0]], np.float32)  # channels to classes


def linear_head(*, frozen: bool = False, nested: bool = False) -> keras.Model:
    """Return a model whose feature map is its image, pooled and weighed."""
    inputs = keras.Input((6, 6, 2))
    convolution = keras.layers.Conv2D(2, 1, use_bias=False)
    trunk = keras.Model(inputs, convolution(inputs))
    convolution.set_weights([np.eye(2).reshape(1, 1, 2, 2)])
    image = keras.Input((6, 6, 2))
    maps = trunk(image) if nested else convolution(image)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    logits = keras.layers.Dense(3, use_bias=False, name="logits")
    model = keras.Model(image, logits(pooled))
    logits.set_weights([HEAD])
    model.trainable = not frozen
    return model


@pytest.mark.parametrize("kind", [{}, {"frozen": True}, {"nested": True}])
def test_grad_cam_is_the_weighted_map(kind: dict[str, bool]) -> None:
    asked = np.arange(70) % 3
    heat = grad_cam(linear_head(**kind), IMAGES, asked)
    for image, label, got in zip(IMAGES, asked, heat, strict=True):
        wanted = np.maximum(image @ HEAD[:, label], 0)
        np.testing.assert_allclose(got, wanted / max(wanted.max(), 1e-12), atol=1e-5)


def test_grad_cam_asks_about_the_prediction() -> None:
    predicted = (IMAGES.mean(axis=(1, 2)) @ HEAD).argmax(axis=1)
    model = linear_head()
    np.testing.assert_array_equal(grad_cam(model, IMAGES), grad_cam(model, IMAGES, predicted))


def test_grad_cam_of_an_ensemble_is_the_mean_of_its_members() -> None:
    members = [linear_head(), linear_head(nested=True)]
    members[1].get_layer("logits").set_weights([HEAD[:, ::-1]])
    joined = as_one_model(members)
    asked = np.arange(70) % 3
    mean = (grad_cam(members[0], IMAGES, asked) + grad_cam(members[1], IMAGES, asked)) / 2
    expected = mean / np.maximum(mean.max(axis=(1, 2), keepdims=True), 1e-12)
    np.testing.assert_allclose(grad_cam(joined, IMAGES, asked), expected, atol=1e-5)
    predicted = probabilities(joined, IMAGES).argmax(axis=1)
    np.testing.assert_array_equal(grad_cam(joined, IMAGES), grad_cam(joined, IMAGES, predicted))


@pytest.mark.slow
def test_grad_cam_of_two_views_stays_in_place() -> None:
    keras.utils.set_random_seed(0)
    image = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    image[:, :, 32:] = 0.5
    params = {"backbone": "MobileNetV3Small", "input_shape": (64, 64, 3), "classes": 2}
    both = transfer_model(**params, mirror=True)
    heat, mirrored = (grad_cam(both, one, np.array([1])) for one in (image, image[:, :, ::-1]))
    np.testing.assert_allclose(mirrored, heat[:, :, ::-1], atol=1e-3)
    assert np.abs(heat - heat[:, :, ::-1]).max() > 0.1


def test_a_model_without_maps_is_refused() -> None:
    model = keras.Sequential(
        [keras.Input((6, 6, 2)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    with pytest.raises(InputError, match="no feature map"):
        grad_cam(model, IMAGES)


def test_the_most_confident_mistakes_come_first() -> None:
    chances = np.array([[0.6, 0.4], [0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    labels = np.array([1, 1, 1, 0])
    found = failures(chances, labels)
    assert [(f.index, f.label, f.predicted, f.confidence) for f in found] == [
        (2, 1, 0, 0.8),
        (3, 0, 1, 0.7),
        (0, 1, 0, 0.6),
    ]
    assert failures(chances, labels, count=1) == found[:1]
    with pytest.raises(InputError, match="no image is misclassified"):
        failure_sheet(np.zeros((1, 4, 4, 3)), [], ["a", "b"])


def test_cold_places_lose_their_colour() -> None:
    image = np.zeros((1, 2, 2, 3), np.uint8)
    image[..., 0] = 255
    heat = np.array([[[1.0, 0.0], [0.0, 0.0]]])
    seen = overlay(image, heat, strength=0)[0]
    assert seen[0, 0].tolist() == [255, 0, 0]
    assert seen[1, 1].tolist() == [85, 85, 85]
    assert overlay(image[..., :1], heat).shape == (1, 2, 2, 3)
