import keras
import numpy as np
import pytest

from classifiers.inference import probabilities
from classifiers.models.fast import PatchWhitening
from pipelines.images import Images
from pipelines.recipe import Arm
from pipelines.training import fit_arm


def halves(images: Images) -> tuple[Images, Images]:
    return images.select(np.arange(0, 24, 2)), images.select(np.arange(1, 24, 2))


def arm(**train) -> Arm:
    settings = {"model": "pereira_small", "epochs": 2, "batch": 4, "learning_rate": 0.001} | train
    return Arm.model_validate({"train": settings})


def test_members_differ_and_vote(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    seen = []
    fitted, count = fit_arm(
        arm(members=3),
        train,
        None,
        test,
        cache=tmp_path,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert count == 12
    assert seen == [(done, 6) for done in range(1, 7)]
    alone = [
        fit_arm(arm(seed=seed), train, None, test, cache=tmp_path)[0] for seed in (0, 1000, 2000)
    ]
    chances = np.stack([one.test_probabilities for one in alone])
    assert chances.std(axis=0).max() > 0
    np.testing.assert_allclose(fitted.test_probabilities, chances.mean(axis=0), atol=1e-5)
    fitted.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(
        probabilities(loaded, test.images), fitted.test_probabilities, atol=1e-4
    )
    accuracy = np.mean(fitted.test_probabilities.argmax(axis=1) == test.labels)
    assert fitted.accuracy_at == {2: pytest.approx(accuracy)}
    assert fitted.steps == sum(one.steps for one in alone)


def test_a_whitening_layer_sees_the_training_images(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    settings = arm(model="airbench", model_params={"width": 4}, epochs=1)
    fitted, _ = fit_arm(settings, train, None, test, cache=tmp_path)
    (layer,) = [one for one in fitted.model.layers if isinstance(one, PatchWhitening)]
    other, _ = fit_arm(settings, test, None, test, cache=tmp_path)
    (elsewhere,) = [one for one in other.model.layers if isinstance(one, PatchWhitening)]
    assert np.abs(layer.kernel.numpy()).max() > 0
    assert not np.allclose(layer.kernel.numpy(), elsewhere.kernel.numpy())


@pytest.mark.parametrize("feed", [{"workers": 2}, {"cache": "disk"}])
def test_how_batches_are_prepared_changes_no_number(tiny_images, tmp_path, feed):
    train, test = halves(tiny_images)
    settings = arm().model_dump() | {"augment": "flip|shift(2)"}
    usual, _ = fit_arm(Arm.model_validate(settings), train, None, test, cache=tmp_path)
    other = Arm.model_validate(settings | {"input": feed})
    fitted, _ = fit_arm(other, train, None, test, cache=tmp_path)
    np.testing.assert_allclose(fitted.test_probabilities, usual.test_probabilities, atol=1e-6)


def test_augmentation_inside_the_step_trains(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    settings = arm(epochs=4).model_dump() | {"augment": "flip|shift(2)"}
    inside = Arm.model_validate(settings | {"input": {"on_device": True}})
    fitted, _ = fit_arm(inside, train, None, test, cache=tmp_path)
    plain, _ = fit_arm(arm(epochs=4), train, None, test, cache=tmp_path)
    assert len(fitted.history["loss"]) == 4
    assert not np.allclose(fitted.test_probabilities, plain.test_probabilities)
    fitted.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(
        probabilities(loaded, test.images), fitted.test_probabilities, atol=1e-5
    )
