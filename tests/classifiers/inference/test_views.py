"""Views of an image, as an array's and inside of a network."""

import keras
import numpy as np
import pytest

from classifiers.config import Views
from classifiers.evaluation.explain import grad_cam
from classifiers.inference.ensembles import as_one_model, hard_vote, members_of, soft_vote
from classifiers.inference.probabilities import probabilities
from classifiers.inference.views import views, with_views, without_views

IMAGES = np.random.default_rng(0).random((7, 8, 6, 3), np.float32)


@pytest.fixture
def network() -> keras.Model:
    """Return one that answers differently to every view."""
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 6, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu")(image)
    return keras.Model(image, keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(x)))


def test_views_weigh_one_in_all() -> None:
    for tta, count in (("none", 1), ("flip", 2), ("flip+shift", 6)):
        found = list(views(IMAGES, tta))  # type: ignore[arg-type]
        assert len(found) == count
        assert sum(weight for weight, _ in found) == 1
        assert {view.shape for _, view in found} == {IMAGES.shape}


@pytest.mark.parametrize("tta", ["none", "flip", "flip+shift"])
def test_one_network_answers_as_its_views_do(network: keras.Model, tta: Views) -> None:
    whole = with_views(network, tta)
    expected = probabilities(network, IMAGES, tta=tta)
    np.testing.assert_allclose(probabilities(whole, IMAGES), expected, atol=1e-6)
    if tta != "none":
        plain = probabilities(network, IMAGES)
        assert np.abs(plain - expected).max() > 1e-3, "or nothing was averaged"
    np.testing.assert_array_equal(probabilities(without_views(whole), IMAGES), plain_of(network))


def plain_of(network: keras.Model) -> np.ndarray:
    return probabilities(network, IMAGES)


def test_members_of_a_vote_keep_their_views(network: keras.Model, tmp_path) -> None:
    other = keras.models.clone_model(network)
    each = [with_views(network, "flip"), other]
    answers = np.stack([probabilities(network, IMAGES, tta="flip"), probabilities(other, IMAGES)])
    for hard, vote in ((False, soft_vote), (True, hard_vote)):
        as_one_model(each, hard=hard).save(tmp_path / "model.keras")
        joined = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(probabilities(joined, IMAGES), vote(answers), atol=1e-5)
    # What each looked at is asked of what sees one view.
    asked = np.zeros(len(IMAGES), int)
    first, second = (grad_cam(member, IMAGES, asked) for member in members_of(joined))
    np.testing.assert_allclose(first, grad_cam(network, IMAGES, asked), atol=1e-5)
    np.testing.assert_allclose(second, grad_cam(other, IMAGES, asked), atol=1e-5)
