import json

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

import classifiers
from classifiers.config import TrainConfig
from classifiers.errors import InputError
from classifiers.frozen.features import FeatureExtractor
from classifiers.frozen.linear import logistic_probe
from classifiers.frozen.probe import fit_probe, probe_features
from classifiers.inference.views import views
from classifiers.models.backbones.efficientnet_lite import DEPTHS, efficientnet_lite, side_by_side
from classifiers.models.transfer import split, transfer_model
from pipelines.cli import main

PROBE = TrainConfig(
    model="efficientnet_lite0",
    model_params={"size": 32, "deep": True, "mirror": True},
    probe="ridge",
)


def changed(**settings):
    return TrainConfig.model_validate(PROBE.model_dump() | settings)


@pytest.fixture(scope="module")
def fitted(tiny_images, tmp_path_factory):
    images, labels = tiny_images.pixels, tiny_images.labels
    return fit_probe(
        images[::2],
        labels[::2],
        PROBE,
        classes=2,
        test=(images[1::2], labels[1::2]),
        cache=tmp_path_factory.mktemp("features"),
    )


@pytest.mark.slow
def test_deep_maps_are_those_of_the_last_stages():
    images = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    deep = efficientnet_lite("efficientnet_lite0", (64, 64, 3), "imagenet", deep=True)
    plain = efficientnet_lite("efficientnet_lite0", (64, 64, 3), "imagenet")
    maps = np.asarray(deep(images))
    assert maps.shape == (2, 2, 2, 192 + 320 + 1280)
    np.testing.assert_allclose(maps[..., 512:], plain(images), atol=1e-5)
    # The last convolution takes what the middle part holds.
    middle = plain.get_layer("block7a_project_bn").output
    inner = type(plain)(plain.input, [plain.get_layer("block6d_add").output, middle])(images)
    np.testing.assert_allclose(maps[..., :512], np.concatenate(inner, -1), atol=1e-5)


@pytest.mark.slow
def test_two_networks_side_by_side_are_both():
    images = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    joined = side_by_side("efficientnet_lite01", (32, 32, 3), "imagenet")
    each = [efficientnet_lite(name, (32, 32, 3), "imagenet")(images) for name in DEPTHS]
    np.testing.assert_allclose(joined(images), np.concatenate(each, -1), atol=1e-5)
    with pytest.raises(InputError, match=r"'mine.pth' of efficientnet_lite01, .* give 'imagenet'"):
        side_by_side("efficientnet_lite01", (32, 32, 3), "mine.pth")


@pytest.mark.slow
def test_mirrored_features_are_the_mean_of_two_views(tiny_images):
    images = tiny_images.pixels[:4]
    plain = FeatureExtractor("efficientnet_lite0", 32)
    both = FeatureExtractor("efficientnet_lite0", 32, mirror=True)
    expected = (plain(images) + plain(images[:, :, ::-1])) / 2
    assert not np.allclose(expected, plain(images), atol=1e-2)
    np.testing.assert_allclose(both(images), expected, atol=1e-4)


@pytest.mark.slow
def test_options_do_not_share_features(tiny_images, tmp_path):
    widths = [
        FeatureExtractor("efficientnet_lite0", 32, cache=tmp_path, deep=deep, mirror=mirror)(
            tiny_images.pixels[:1]
        ).shape[1]
        for deep, mirror in ((False, False), (True, False), (True, True))
    ]
    assert widths == [1280, 1792, 1792]
    assert len(list(tmp_path.iterdir())) == 3


def test_only_lite_networks_are_deep():
    with pytest.raises(InputError, match=r"deep=True with MobileNet: only efficientnet_lite0, "):
        transfer_model("MobileNet", (32, 32, 3), 2, deep=True)


@pytest.mark.slow
def test_freezing_the_joined_network_leaves_the_head():
    model = transfer_model("efficientnet_lite01", (32, 32, 3), 2, frozen=True)
    assert [tuple(w.shape) for w in model.trainable_weights] == [(2560, 2), (2,)]
    features, _ = split(model)
    assert features.output_shape == (None, 2560)


@pytest.mark.slow
def test_logistic_penalty_is_cross_validated():
    rng = np.random.default_rng(3)
    labels = np.arange(40) % 2
    features = rng.normal(size=(40, 30)) + labels[:, None] * 0.4
    losses = {}
    for l2 in (1, 10, 100, 1000, 10_000):
        parts = []
        for kept, left in StratifiedKFold(5, shuffle=True, random_state=0).split(features, labels):
            scale = StandardScaler().fit(features[kept])
            model = LogisticRegression(C=1 / l2).fit(scale.transform(features[kept]), labels[kept])
            predicted = model.predict_proba(scale.transform(features[left]))
            parts.append(log_loss(labels[left], predicted))
        losses[l2] = np.mean(parts)
    best = min(losses, key=losses.get)
    assert best not in (1, 10_000), "a best penalty inside the range tells more"
    chosen = logistic_probe(features, labels, 2, l2=None)
    np.testing.assert_array_equal(
        chosen.weights, logistic_probe(features, labels, 2, l2=best).weights
    )
    with pytest.raises(InputError, match="one image of a class"):
        logistic_probe(features[:2], labels[:2], 2, l2=None)


@pytest.mark.slow
def test_a_probe_is_a_whole_classifier(fitted, tiny_images, tmp_path):
    images, labels = tiny_images.pixels[1::2], tiny_images.labels[1::2]
    assert (fitted.test_probabilities.argmax(1) == labels).mean() > 0.7
    fitted.model.save(tmp_path / "model.keras")
    loaded = classifiers.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        classifiers.probabilities(loaded, images), fitted.test_probabilities, atol=1e-4
    )


@pytest.mark.slow
def test_test_images_influence_nothing(fitted, tiny_images):
    images, labels = tiny_images.pixels[::2], tiny_images.labels[::2]
    alone = fit_probe(images, labels, PROBE, classes=2)
    assert alone.test_probabilities is None
    for mine, theirs in zip(alone.model.get_weights(), fitted.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["logistic", "ridge"])
def test_views_are_averaged(tiny_images, kind):
    images, labels = tiny_images.pixels, tiny_images.labels
    config = changed(probe=kind, probe_l2=10.0, tta="flip+shift", model_params={"size": 32})
    result = fit_probe(images, labels, config, classes=2, test=(images, labels))
    expected = sum(
        weight * softmax(np.asarray(result.model(view / np.float32(255))), axis=1)
        for weight, view in views(images, "flip+shift")
    )
    np.testing.assert_allclose(result.test_probabilities, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model_params": {"hiden": 3}}, "unknown parameter of a probe 'hiden'; .*mirror"),
        ({"model_params": {"size": "large"}}, "model_params.size='large': .*integer"),
        ({"model_params": {"size": 16}}, "size=16: efficientnet_lite0 takes 32 pixels or more"),
        ({"model": "efficientnet_lite"}, "did you mean .*efficientnet_lite0"),
        ({"model": "pereira_small"}, "unknown backbone 'pereira_small'"),
    ],
)
def test_settings_that_a_probe_cannot_have(settings, message):
    with pytest.raises(InputError, match=message):
        probe_features(changed(**settings), None)


@pytest.mark.slow
def test_labels_out_of_range(tiny_images):
    images, labels = tiny_images.pixels, tiny_images.labels
    with pytest.raises(InputError, match=r"test labels lie in 0..2"):
        fit_probe(images, labels, PROBE, classes=2, test=(images, labels * 2))


@pytest.fixture(scope="module")
def folder(tiny_images, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "stripes.npz"
    np.savez(path, images=tiny_images.pixels, labels=tiny_images.labels)
    return path


def run(folder, tmp_path, *words):
    (tmp_path / "probe.toml").write_text(
        '[train]\nmodel = "efficientnet_lite0"\nmodel_params = { size = 32 }\nprobe = "ridge"\n'
        "[arms.probe]\n"
    )
    sizes = ("--per-class", "6", "--test-per-class", "6", "--instances", "1", "--workers", "1")
    where = ("--recipe", str(tmp_path / "probe.toml"), "--outputs", str(tmp_path / "outputs"))
    return main(["classify", str(folder), *where, *sizes, *words])


@pytest.mark.slow
def test_a_recipe_trains_a_probe_that_predicts(folder, image_folder, tmp_path, capsys):
    assert run(folder, tmp_path) == 0
    (training,) = (tmp_path / "outputs" / "train").iterdir()
    result = json.loads((training / "result.json").read_text())
    assert (result["steps"], result["train_images"]) == (0, 12)
    assert list((tmp_path / "outputs" / "features").glob("*/efficientnet_lite0-32-imagenet/*.npy"))
    capsys.readouterr()
    words = ["predict", str(image_folder / "cat" / "2.png"), "--model", str(training)]
    assert main([*words, "--form", "json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert sum(record["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_a_probe_takes_images_as_they_are(folder, tmp_path, capsys):
    assert run(folder, tmp_path, "--augment", "flip") == 2
    assert "augment='flip' with train.probe='ridge'" in capsys.readouterr().err
    assert run(folder, tmp_path, "--mix.strategy", "fraction") == 2
    assert "mix.strategy='fraction'" in capsys.readouterr().err
    assert run(folder, tmp_path, "--train.probe", "svm") == 2
    assert "probe: should be 'logistic' or 'ridge', received 'svm'" in capsys.readouterr().err
    assert not (tmp_path / "outputs" / "train").exists()
