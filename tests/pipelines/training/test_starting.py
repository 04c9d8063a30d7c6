"""Arms whose training does not start are trained again, member by member."""

import numpy as np
import pytest

from classifiers.inference.ensembles import members_of
from classifiers.inference.probabilities import probabilities
from classifiers.models.registry import load_model
from classifiers.models.standard import Standardise
from classifiers.training.starts import Start
from pipelines.data.images import Images
from pipelines.recipes.recipe import Arm
from pipelines.training.arm import fit_arm
from pipelines.training.ways import FittedArm

HELPED = "standardised inputs"


@pytest.fixture(scope="module")
def images(make_images) -> Images:
    return make_images(size=16)


def arm(**train) -> Arm:
    """Return an arm that dies in its first steps, unless its images are standardised."""
    settings = {"model": "pereira_small", "optimizer": "adam", "learning_rate": 0.05}
    settings |= {"epochs": 30, "batch": 24, "weight_decay": 0} | train
    return Arm.model_validate({"train": settings})


def fit(settings: Arm, images: Images, cache, progress=None) -> FittedArm:
    return fit_arm(settings, images, None, images, cache=cache, progress=progress)


@pytest.mark.slow
def test_members_that_do_not_start_are_tried_again(images, tmp_path):
    seen = []
    both = fit(arm(members=2), images, tmp_path, lambda done, _: seen.append(done)).fit
    assert both.start == Start(classifiers=2, attempts=2, helped={HELPED: 2})
    rounds = [*range(1, 31), *range(1, 31), *range(31, 61), *range(31, 61)]
    assert seen == rounds, "a further attempt counts its epochs anew"
    assert (both.test_probabilities.argmax(axis=1) == images.labels).mean() > 0.8
    both.model.save(tmp_path / "model.keras")
    first, _ = members_of(load_model(tmp_path / "model.keras"))
    alone = fit(arm(), images, tmp_path).fit
    assert alone.start.words == f"did not start at first; started with {HELPED}"
    assert any(isinstance(layer, Standardise) for layer in alone.model.layers)
    np.testing.assert_allclose(
        probabilities(first, images.pixels), alone.test_probabilities, atol=1e-5
    )


@pytest.mark.slow
def test_none_of_the_attempts_helps_or_none_is_wanted(images, tmp_path):
    asked = fit(arm(retries=0, learning_rate=3), images, tmp_path).fit
    assert asked.start == Start(failed=1)
    tried = fit(arm(retries=1, learning_rate=3), images, tmp_path).fit
    assert tried.start == Start(failed=1, attempts=2)
    assert tried.history == asked.history, "what was asked for is kept"
    np.testing.assert_array_equal(tried.test_probabilities, asked.test_probabilities)
    short = fit(arm(epochs=2, learning_rate=3), images, tmp_path).fit
    assert short.start == Start(failed=1), "too short to tell: one attempt"
