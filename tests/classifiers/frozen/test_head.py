import numpy as np
import pytest

from classifiers.config import TrainConfig
from classifiers.errors import DivergedError, InputError
from classifiers.frozen.head import _kept_trainer, fit_head, trains_head_only
from classifiers.inference.probabilities import probabilities
from classifiers.models.registry import build_model
from classifiers.models.transfer import split
from classifiers.training.phases import model_params
from classifiers.training.train import new_model
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


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_head_on_kept_features_is_the_head_of_the_whole_model(tiny_images, tmp_path, precision):
    images, labels = tiny_images.pixels, tiny_images.labels
    test = images[1::2], labels[1::2]
    config = HEAD.model_copy(update={"precision": precision})
    fitted = fit_head(images[::2], labels[::2], config, classes=2, test=test, cache=tmp_path)
    assert len(fitted.history["loss"]) == 12
    assert fitted.history["loss"][-1] < fitted.history["loss"][0]
    assert sorted(fitted.accuracy_at) == [1, 12]
    np.testing.assert_allclose(
        probabilities(fitted.model, test[0]), fitted.test_probabilities, atol=1e-4
    )
    trunk, head = split(fitted.model)
    assert next(layer.name for layer in head.layers if layer.weights) == "hidden"
    again = fit_head(images[::2], labels[::2], config, classes=2, test=test, cache=tmp_path)
    np.testing.assert_array_equal(again.test_probabilities, fitted.test_probabilities)
    params = {"size": 32, "weights": "imagenet", "folded": True}
    fresh, _ = split(build_model("efficientnet_lite0", (28, 28, 3), 2, **params))
    for mine, theirs in zip(trunk.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.slow
def test_a_kept_head_trains_as_a_new_one(tiny_images):
    images, labels = tiny_images.pixels, tiny_images.labels
    weights = []
    for seeds in ((0, 1), (1,)):
        _kept_trainer.cache_clear()
        for seed in seeds:
            config = HEAD.model_copy(update={"seed": seed, "epochs": 2, "outputs": 4})
            fitted = fit_head(images, labels, config, classes=2)
        assert fitted.model.output_shape == (None, 2)
        _, head = split(fitted.model)
        weights.append(head.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_epochs_that_are_all_frozen_count():
    assert trains_head_only(HEAD)
    assert not trains_head_only(HEAD.model_copy(update={"frozen_epochs": 11}))


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"epochs": 13}, {"frozen_epochs": 0, "thaw_every": 4}])
def test_a_backbone_that_is_frozen_for_a_while_is_a_trained_one(changes):
    own = {"model_params": {"hidden": 3}}
    model = new_model(HEAD.model_copy(update=changes | own), (32, 32, 3), 2)
    assert model.get_layer("efficientnet_lite0").input_shape[1] == 224
    stem = model.get_layer("efficientnet_lite0").get_layer("stem_conv").get_weights()
    trained = build_model("efficientnet_lite0", (32, 32, 3), 2, size=32, weights="imagenet")
    expected = trained.get_layer("efficientnet_lite0").get_layer("stem_conv").get_weights()
    np.testing.assert_array_equal(stem[0], expected[0])
    assert model_params(TrainConfig(model="efficientnet_lite0")) == {}
    assert model_params(TrainConfig(model="custom_cnn", frozen_epochs=1)) == {}


@pytest.mark.slow
def test_a_head_that_breaks_down_leaves_a_whole_classifier(tiny_images):
    config = HEAD.model_copy(update={"learning_rate": 1000.0, "weight_decay": 0.5})
    with pytest.raises(DivergedError, match=r"weights .* are kept") as raised:
        fit_head(tiny_images.pixels, tiny_images.labels, config, classes=2)
    assert np.isfinite(probabilities(raised.value.model, tiny_images.pixels)).all()


@pytest.mark.parametrize("label", [-1, 2])
def test_labels_out_of_range(tiny_images, label):
    labels = np.full(len(tiny_images), label)
    with pytest.raises(InputError, match=f"training labels lie in {label}..{label}"):
        fit_head(tiny_images.pixels, labels, HEAD, classes=2)


def test_views_at_test_time_are_refused(tiny_images):
    config = HEAD.model_copy(update={"tta": "flip"})
    with pytest.raises(InputError, match=r"set model_params\.mirror"):
        fit_head(tiny_images.pixels, tiny_images.labels, config, classes=2)


@pytest.mark.slow
def test_recipes_train_heads_on_features(tmp_path):
    (tmp_path / "head.toml").write_text(
        "[train]\nmodel = 'efficientnet_lite0'\nmodel_params = {size = 32}\nbatch = 4\n"
        "epochs = 3\nfrozen_epochs = 3\n[arms.head]\n[arms.adam]\ntrain.optimizer = 'adam'\n"
    )
    words = ["classify", "mnist5k", "--recipe", str(tmp_path / "head.toml")]
    words += ["--per-class", "6", "--test-per-class", "4", "--instances", "1"]
    main([*words, "--outputs", str(tmp_path / "o"), "--workers", "1"])
    assert list((tmp_path / "o/features").glob("*/efficientnet_lite0-32-*/*.npy"))
    assert len(list((tmp_path / "o/train").glob("*/model.keras"))) == 2
