import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from classifiers import load_model
from classifiers.inference.ensembles import members_of, soft_vote, validation_weights
from classifiers.inference.probabilities import probabilities
from classifiers.models.fast import PatchWhitening
from classifiers.training.trainer import FitResult
from pipelines.cli import main
from pipelines.data.images import Images
from pipelines.data.splits import stratified_folds, stratified_split
from pipelines.errors import InputError
from pipelines.recipes.recipe import Arm, load_recipe
from pipelines.synthetic.origins import synthesise
from pipelines.training import ways
from pipelines.training.arm import fit_arm
from pipelines.training.checks import check_models


def halves(images: Images) -> tuple[Images, Images]:
    return images.select(np.arange(0, 24, 2)), images.select(np.arange(1, 24, 2))


def fit(*args, **kwargs) -> tuple[FitResult, int]:
    """Return the training of an arm, and on how many images."""
    fitted = fit_arm(*args, **kwargs)
    return fitted.fit, fitted.images


def arm(**train) -> Arm:
    settings = {"model": "pereira_small", "epochs": 2, "batch": 4, "learning_rate": 0.001} | train
    return Arm.model_validate({"train": settings})


@pytest.mark.slow
def test_members_differ_and_vote(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    seen = []
    fitted, count = fit(
        arm(members=3),
        train,
        None,
        test,
        cache=tmp_path,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert count == 12
    assert seen == [(done, 6) for done in range(1, 7)]
    alone = [fit(arm(seed=seed), train, None, test, cache=tmp_path)[0] for seed in (0, 1000, 2000)]
    probable = np.stack([one.test_probabilities for one in alone])
    assert probable.std(axis=0).max() > 0
    np.testing.assert_allclose(fitted.test_probabilities, probable.mean(axis=0), atol=1e-5)
    fitted.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(
        probabilities(loaded, test.pixels), fitted.test_probabilities, atol=1e-4
    )
    accuracy = np.mean(fitted.test_probabilities.argmax(axis=1) == test.labels)
    assert fitted.accuracy_at == {2: pytest.approx(accuracy)}
    assert fitted.steps == sum(one.steps for one in alone)


@pytest.mark.slow
def test_a_whitening_layer_sees_the_training_images(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    settings = arm(model="airbench", model_params={"width": 4}, epochs=1)
    fitted, _ = fit(settings, train, None, test, cache=tmp_path)
    (layer,) = [one for one in fitted.model.layers if isinstance(one, PatchWhitening)]
    other, _ = fit(settings, test, None, test, cache=tmp_path)
    (elsewhere,) = [one for one in other.model.layers if isinstance(one, PatchWhitening)]
    assert np.abs(layer.kernel.numpy()).max() > 0
    assert not np.allclose(layer.kernel.numpy(), elsewhere.kernel.numpy())


@pytest.mark.slow
@pytest.mark.parametrize("feed", [{"workers": 2}, {"cache": "disk"}])
def test_how_batches_are_prepared_changes_no_number(tiny_images, tmp_path, feed):
    train, test = halves(tiny_images)
    settings = arm().model_dump() | {"augment": "flip|shift(2)"}
    usual, _ = fit(Arm.model_validate(settings), train, None, test, cache=tmp_path)
    other = Arm.model_validate(settings | {"input": feed})
    fitted, _ = fit(other, train, None, test, cache=tmp_path)
    np.testing.assert_allclose(fitted.test_probabilities, usual.test_probabilities, atol=1e-6)


@pytest.mark.slow
def test_augmentation_inside_the_step_trains(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    settings = arm(epochs=4).model_dump() | {"augment": "flip|shift(2)"}
    inside = Arm.model_validate(settings | {"input": {"on_device": True}})
    fitted, _ = fit(inside, train, None, test, cache=tmp_path)
    plain, _ = fit(arm(epochs=4), train, None, test, cache=tmp_path)
    assert len(fitted.history["loss"]) == 4
    assert not np.allclose(fitted.test_probabilities, plain.test_probabilities)
    fitted.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(
        probabilities(loaded, test.pixels), fitted.test_probabilities, atol=1e-5
    )


@pytest.mark.slow
def test_patience_watches_images_that_are_left_out(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    settings = arm(epochs=30, patience=2, validation=0.3, learning_rate=0.05)
    fitted, count = fit(settings, train, None, test, cache=tmp_path)
    assert count == 8  # two of each class' six are left out
    losses = fitted.history["val_loss"]
    assert len(losses) == min(int(np.argmin(losses)) + 3, 30)
    _, left_out = stratified_split(train.labels, 0.3, 0)
    probable = probabilities(fitted.model, train.pixels[left_out])
    right = probable[np.arange(len(left_out)), train.labels[left_out]]
    assert -np.log(right).mean() == pytest.approx(min(losses), rel=1e-3)


@pytest.mark.slow
def test_a_validation_split_watches_in_place_of_training_images(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    settings = arm(validation=0.3)
    fitted, count = fit(settings, train, None, test, valid=test, cache=tmp_path)
    assert count == len(train)  # none is left out
    assert fitted.history["val_accuracy"][-1] == pytest.approx(fitted.accuracy_at[2])


@pytest.mark.slow
def test_members_vote_by_what_they_make_of_images_that_are_left_out(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    fitted, _ = fit(arm(members=2, validation=0.3), train, None, test, cache=tmp_path)
    alone, _ = fit(arm(seed=0, validation=0.3), train, None, test, cache=tmp_path)
    members = members_of(fitted.model)
    np.testing.assert_allclose(
        probabilities(members[0], test.pixels), probabilities(alone.model, test.pixels), atol=1e-5
    )
    _, left_out = stratified_split(train.labels, 0.3, 0)
    seen = np.stack([probabilities(one, train.pixels[left_out]) for one in members])
    weights = validation_weights(seen, train.labels[left_out])
    probable = np.stack([probabilities(one, test.pixels) for one in members])
    np.testing.assert_allclose(fitted.test_probabilities, soft_vote(probable, weights), atol=1e-5)
    np.testing.assert_allclose(
        probabilities(fitted.model, test.pixels), fitted.test_probabilities, atol=1e-5
    )


@pytest.mark.slow
def test_a_cross_validation_is_an_ensemble(tiny_images, tmp_path):
    train, test = halves(tiny_images)
    settings = arm(folds=3, epochs=6)
    fitted, _ = fit(settings, train, None, test, cache=tmp_path)
    members = members_of(fitted.model)
    splits = stratified_folds(train.labels, 3, 0)
    assert len(members) == len(fitted.left_out) == 3
    for member, (_, outside), accuracy in zip(members, splits, fitted.left_out, strict=True):
        probable = probabilities(member, train.pixels[outside])
        assert accuracy == (probable.argmax(axis=1) == train.labels[outside]).mean()
    probable = np.mean([probabilities(one, test.pixels) for one in members], axis=0)
    np.testing.assert_allclose(fitted.test_probabilities, probable, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train": {"folds": 1}}, "give 2 or more"),
        ({"train": {"folds": 3, "members": 2}}, "leave the other two out"),
        ({"train": {"members": 2, "evaluate_at": [1]}}, "vote at the end only"),
        ({"train": {"folds": 3}, "mix": {"strategy": "fraction"}}, "images of every fold"),
        ({"train": {"validation": 0.2}, "mix": {"strategy": "dada"}}, "has seen all images"),
    ],
)
def test_settings_that_contradict_each_other(settings, message):
    with pytest.raises(ValueError, match=message):
        Arm.model_validate(settings)


@pytest.mark.slow
def test_a_training_that_breaks_down_leaves_its_last_good_weights(tmp_path, capsys):
    words = ["classify", "mnist5k", "--instances", "1", "--per-class", "6", "--workers", "1"]
    words += ["--test-per-class", "4", "--train.learning-rate", "1000", "--train.epochs", "3"]
    (tmp_path / "one.toml").write_text("[arms.real]\n")
    words += ["--recipe", str(tmp_path / "one.toml"), "--outputs", str(tmp_path)]
    assert main(words) == 2
    (kept,) = tmp_path.glob("train/*/last-good.keras")
    assert str(kept) in capsys.readouterr().err.replace("\n", "")
    weights = load_model(kept).get_weights()
    assert all(np.isfinite(one).all() for one in weights)
    assert not list(tmp_path.glob("train/*/result.json"))


@pytest.mark.slow
def test_cross_validation_is_reported(tmp_path):
    (tmp_path / "folds.toml").write_text("[train]\nfolds = 3\nepochs = 2\n[arms.real]\n")
    words = ["classify", "mnist5k", "--instances", "1", "--per-class", "6", "--workers", "1"]
    words += ["--test-per-class", "4", "--recipe", str(tmp_path / "folds.toml")]
    assert main([*words, "--outputs", str(tmp_path)]) == 0
    (record,) = tmp_path.glob("train/*/result.json")
    assert "A vote of 3 classifiers, each right on" in json.loads(record.read_text())["notes"][0]


def test_a_probe_leaves_out_copies_with_their_originals_and_groups_as_a_whole(
    tiny_images, tmp_path, monkeypatch
):
    """Else what it chooses a penalty and a temperature by would have seen the answers."""
    seen = []

    def fitted(images, labels, config, *, groups, **_):
        seen.append(groups)
        return FitResult(None, {}, {}, None, 0, 0.0)

    monkeypatch.setattr(ways, "fit_probe", fitted)
    real = replace(tiny_images, together=np.arange(24) // 2)
    for origin in ("copies", "noise"):
        mix = {"strategy": "concatenate", "origin": origin, "per_class": 5}
        own = Arm.model_validate({"mix": mix, "train": {"probe": "ridge", "retries": 0}})
        joined = synthesise(own.mix, real, 0)
        fit_arm(own, real, joined, None, cache=tmp_path)
        groups = seen.pop()
        assert groups[:24].tolist() == (np.arange(24) // 2).tolist()
        if origin == "copies":
            assert (real.labels[joined.originals] == joined.images.labels).all()
            assert groups[24:].tolist() == (joined.originals // 2).tolist()
        else:
            assert len(np.unique(groups)) == 12 + 10


def test_a_probe_gets_no_copies_with_labels_in_between():
    mix = {"strategy": "concatenate", "origin": "copies", "copy_augment": "mixup(0.2)"}
    arms = {"mixed": {"mix": mix}}
    train = {"probe": "ridge", "model": "efficientnet_lite0"}
    recipe = load_recipe(None, {"arms": arms, "train": train})
    with pytest.raises(InputError, match=r"mix.copy_augment='mixup\(0.2\)' with train.probe"):
        check_models(recipe, {"mixed": 32}, 2)
