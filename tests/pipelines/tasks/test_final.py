"""The classifier of all images: trained, never tested, and handed over."""

import numpy as np
import pytest

from classifiers.config import TrainConfig
from groundwork.files import read_json
from pipelines.comparison.handover import train_final
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.sources import Source
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe
from pipelines.tasks.checked import read_check
from pipelines.tasks.executor import Executor
from pipelines.tasks.results import FinalTaskResult
from pipelines.tasks.trained import TrainedClassifier

pytestmark = pytest.mark.slow

PROBE = {"model": "efficientnet_lite0", "model_params": {"size": 32}, "probe": "ridge"}
ARMS = {"plain": {}, "vote": {"train": {"members": 2}}, "probe": {"train": PROBE}}


@pytest.fixture
def source(make_images) -> Source:
    train, test = make_images(6, size=32), make_images(3, size=32, seed=1)
    return Source("stripes", in_memory(train), in_memory(test), own=True)


@pytest.mark.parametrize("arm", list(ARMS))
def test_it_is_trained_on_every_split_and_tested_on_none(source, tmp_path, arm):
    train = TrainConfig(model="pereira_small", epochs=2)
    recipe = load_recipe(None, {"arms": ARMS, "train": train.model_dump(exclude_unset=True)})
    with Executor(tmp_path) as executor:
        folder = train_final(recipe, [arm], source, dict.fromkeys(ARMS, 32), executor)
        again = train_final(recipe, [arm], source, dict.fromkeys(ARMS, 32), executor)
    assert folder == again
    one = TrainedClassifier(tmp_path / folder)
    assert one.class_names == ["down", "across"]
    images = Images.load(one.instance / "train.npz")
    assert len(images) == 18
    probabilities = one.probabilities(images.pixels)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(InputError, match="not that of a tested training"):
        _ = one.result
    assert not (tmp_path / folder / "predictions.npz").exists()
    pixels, answered = read_check(tmp_path / folder)
    np.testing.assert_allclose(one.probabilities(pixels), answered, atol=1e-5)
    result = FinalTaskResult.model_validate(read_json(tmp_path / folder / "result.json"))
    assert result.class_images == {"down": 9, "across": 9}


def test_a_vote_answers_as_its_members_do_on_the_mean(source, tmp_path):
    train = TrainConfig(model="pereira_small", epochs=2)
    arms = {"plain": {}, "faster": {"train": {"learning_rate": 0.05}}}
    recipe = load_recipe(None, {"arms": arms, "train": train.model_dump(exclude_unset=True)})
    with Executor(tmp_path) as executor:
        folder = train_final(recipe, list(arms), source, dict.fromkeys(arms, 32), executor)
    pixels, answered = read_check(tmp_path / folder)
    one = TrainedClassifier(tmp_path / folder)
    members = [TrainedClassifier(tmp_path / "train" / name) for name in one.settings["members"]]
    mean = np.mean([member.probabilities(pixels) for member in members], axis=0)
    np.testing.assert_allclose(answered, mean, atol=1e-5)
    np.testing.assert_allclose(one.probabilities(pixels), answered, atol=1e-5)
