import keras
import numpy as np
import pytest

from classifiers.config import TrainConfig
from classifiers.errors import InputError
from classifiers.heads import fit_head, trains_head_only
from classifiers.inference import probabilities
from classifiers.transfer import split
from pipelines.cli import main

HEAD = TrainConfig(
    model="efficientnet_lite0",
    model_params={"size": 32, "hidden": 3, "activation": "sigmoid", "batch_norm": True},
    learning_rate=0.05,
    batch=6,
    epochs=12,
    frozen_epochs=12,
    evaluate_at=(1,),
)


def test_a_head_on_kept_features_is_the_head_of_the_whole_model(tiny_images, tmp_path):
    images, labels = tiny_images.images, tiny_images.labels
    test = images[1::2], labels[1::2]
    fitted = fit_head(images[::2], labels[::2], HEAD, classes=2, test=test, cache=tmp_path)
    assert len(fitted.history["loss"]) == 12
    assert fitted.history["loss"][-1] < fitted.history["loss"][0]
    assert sorted(fitted.accuracy_at) == [1, 12]
    np.testing.assert_allclose(
        probabilities(fitted.model, test[0]), fitted.test_probabilities, atol=1e-4
    )
    trunk, head = split(fitted.model)
    assert next(layer.name for layer in head.layers if layer.weights) == "hidden"
    again = fit_head(images[::2], labels[::2], HEAD, classes=2, test=test, cache=tmp_path)
    np.testing.assert_array_equal(again.test_probabilities, fitted.test_probabilities)
    untouched, _ = split(keras.models.clone_model(fitted.model))
    assert trunk.count_params() == untouched.count_params()


def test_only_epochs_that_are_all_frozen_count():
    assert trains_head_only(HEAD)
    assert not trains_head_only(HEAD.model_copy(update={"frozen_epochs": 11}))


def test_views_at_test_time_are_refused(tiny_images):
    config = HEAD.model_copy(update={"tta": "flip"})
    with pytest.raises(InputError, match=r"set model_params\.mirror"):
        fit_head(tiny_images.images, tiny_images.labels, config, classes=2)


def test_recipes_train_heads_on_features(tmp_path):
    (tmp_path / "head.toml").write_text(
        "[train]\nmodel = 'efficientnet_lite0'\nmodel_params = {size = 32}\nbatch = 4\n"
        "epochs = 3\nfrozen_epochs = 3\n[arms.head]\n[arms.adam]\ntrain.optimizer = 'adam'\n"
    )
    words = ["classify", "mnist5k", "--recipe", str(tmp_path / "head.toml")]
    words += ["--per-class", "6", "--test-per-class", "4", "--instances", "1"]
    main([*words, "--outputs", str(tmp_path / "o"), "--workers", "1"])
    assert list((tmp_path / "o/features").glob("efficientnet_lite0-32-*/*.npy"))
    assert len(list((tmp_path / "o/train").glob("*/model.keras"))) == 2
