import errno
import os

import keras
import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from classifiers.errors import InputError
from classifiers.frozen.features import FeatureExtractor
from classifiers.frozen.linear import RidgeProbes, logistic_probe
from classifiers.models.transfer import split

NAME, SIZE = "efficientnet_lite0", 32


@pytest.fixture(scope="module")
def images():
    """Uint8 images of two kinds: dark ones and light ones."""
    rng = np.random.default_rng(0)
    level = np.arange(8).reshape(-1, 1, 1, 1) % 2 * 100
    return (level + rng.integers(0, 150, (8, 20, 20, 3))).astype(np.uint8)


@pytest.fixture(scope="module")
def memory():
    return FeatureExtractor(NAME, SIZE)


@pytest.fixture
def counted(monkeypatch):
    """Numbers of images whose features were computed, call by call."""
    numbers = []
    compute = FeatureExtractor._compute

    def counting(self, images):
        numbers.append(len(images))
        return compute(self, images)

    monkeypatch.setattr(FeatureExtractor, "_compute", counting)
    return numbers


@pytest.mark.slow
def test_features_are_the_pooled_maps_of_the_model(memory, images):
    features = memory(images)
    assert features.shape == (8, 1280)
    assert features.dtype == np.float32
    backbone, _ = split(memory.model((20, 20, 3), 2))
    np.testing.assert_allclose(features, backbone(images / np.float32(255)), rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_each_image_is_computed_once(images, counted, tmp_path):
    first = FeatureExtractor(NAME, SIZE, cache=tmp_path)
    twice = first(images[[0, 1, 1, 2]])
    again = first(images[[3, 2, 1]])
    assert counted == [3, 1]
    np.testing.assert_array_equal(twice[1], twice[2])
    np.testing.assert_array_equal(again[1:], twice[[3, 1]])

    other = FeatureExtractor(NAME, SIZE, cache=tmp_path)  # as another process would
    np.testing.assert_array_equal(other(images[:4]), np.concatenate([twice[[0, 1, 3]], again[:1]]))
    first(images[4:6])
    other(images[:6])
    assert counted == [3, 1, 2]
    assert {path.suffix for path in (tmp_path / f"{NAME}-{SIZE}-imagenet").iterdir()} == {".npy"}


def test_a_full_disk_is_one_line_and_leaves_no_part(images, tmp_path, monkeypatch):
    monkeypatch.setattr(FeatureExtractor, "_compute", lambda _, some: np.zeros((len(some), 3)))

    def full(file, rows):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left .*free the disk"):
        FeatureExtractor(NAME, SIZE, cache=tmp_path)(images)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be written \(Not a directory\)"):
        FeatureExtractor(NAME, SIZE, cache=tmp_path / "file")(images)


@pytest.mark.slow
def test_sizes_do_not_share_features(images, counted, tmp_path):
    one = FeatureExtractor(NAME, SIZE, cache=tmp_path)(images[:2])
    other = FeatureExtractor(NAME, 40, cache=tmp_path)(images[:2])
    assert counted == [2, 2]
    assert not np.allclose(one, other)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((2, 20, 20, 3), np.float32), "uint8 images .* got float32"),
        (np.zeros((20, 20, 3), np.uint8), r"got uint8 \(20, 20, 3\)"),
        (np.zeros((0, 20, 20, 3), np.uint8), r"got uint8 \(0, 20"),
    ],
)
def test_bad_images(memory, bad, message):
    with pytest.raises(InputError, match=message):
        memory(bad)


def test_unknown_backbone_and_weights():
    with pytest.raises(InputError, match=r"did you mean .*efficientnet_lite0"):
        FeatureExtractor("efficientnet_lite", SIZE)
    with pytest.raises(InputError, match="existing file"):
        FeatureExtractor(NAME, SIZE, weights="nowhere.pth", cache=".")


@pytest.fixture(scope="module", params=[2, 4])
def problem(request):
    """Features of overlapping classes, labels, number of classes."""
    rng = np.random.default_rng(1)
    classes = request.param
    labels = np.arange(60) % classes
    centres = rng.normal(size=(classes, 90))
    noise = rng.normal(scale=4.0, size=(60, 90))
    return centres[labels] * 2 + noise + rng.normal(size=90), labels, classes


def test_logistic_probe_is_scikit_learns(problem):
    features, labels, classes = problem
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    theirs.fit(features, labels)
    ours = logistic_probe(features, labels, classes, l2=10)
    expected = theirs.predict_proba(features)
    np.testing.assert_allclose(ours.predict_proba(features), expected, atol=1e-4)


@pytest.mark.parametrize("l2", [0.01, 1.0, 30.0])
def test_ridge_probe_is_scikit_learns_up_to_its_temperature(problem, l2):
    features, labels, classes = problem
    standard = StandardScaler().fit_transform(features)
    targets = 2 * np.eye(classes)[labels] - 1
    theirs = Ridge(alpha=l2 * len(labels)).fit(standard, targets).predict(standard)
    ours = RidgeProbes(features, labels, classes).fit(l2).logits(features)
    temperature = (ours * theirs).sum() / (theirs**2).sum()
    assert temperature > 0
    np.testing.assert_allclose(ours, temperature * theirs, rtol=1e-6, atol=1e-8)


def test_leave_one_out_is_what_leaving_one_out_gives(problem):
    features, labels, classes = problem
    standard = StandardScaler().fit_transform(features)
    targets = 2 * np.eye(classes)[labels] - 1
    scores = RidgeProbes(features, labels, classes).leave_one_out(1.0)
    for left_out in (0, 7, 31):
        kept = np.arange(len(labels)) != left_out
        refitted = Ridge(alpha=len(labels)).fit(standard[kept], targets[kept])
        np.testing.assert_allclose(scores[left_out], refitted.predict(standard[[left_out]])[0])


def test_ridge_chooses_penalty_and_temperature_by_leave_one_out(problem):
    features, labels, classes = problem
    ridge = RidgeProbes(features, labels, classes)

    def loss(l2, temperature):
        scores = temperature * ridge.leave_one_out(l2)
        return -log_softmax(scores, axis=1)[np.arange(60), labels].mean()

    temperatures = np.geomspace(0.05, 140, 200)
    losses = {(l2, t): loss(l2, t) for l2 in 4.0 ** np.arange(-3, 6) for t in temperatures}
    l2, temperature = min(losses, key=losses.get)
    chosen = ridge.fit()
    np.testing.assert_array_equal(chosen.weights, ridge.fit(l2).weights)
    targets = 2 * np.eye(classes)[labels] - 1
    raw = Ridge(alpha=l2 * 60).fit(StandardScaler().fit_transform(features), targets)
    scale = features.std(axis=0)[:, None]
    np.testing.assert_allclose(chosen.weights * scale, temperature * raw.coef_.T, rtol=0.1)


@pytest.mark.slow
def test_probe_becomes_a_whole_model(memory, images, tmp_path):
    probe = logistic_probe(memory(images), np.arange(8) % 2, 2)
    probe.to_model(memory, (20, 20, 3)).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    logits = np.asarray(loaded(images / np.float32(255)))
    np.testing.assert_allclose(logits, probe.logits(memory(images)), rtol=1e-3, atol=1e-3)
    assert (logits.argmax(1) == np.arange(8) % 2).all()


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, 0, 0, 0], 2, r"each of 0..1 .* got labels \[0\]"),
        ([0, 1, 2, 3], 3, "probe of 3 classes"),
        ([0, 1, 0], 2, "labels .N., got"),
    ],
)
def test_labels_that_do_not_fit(labels, classes, message):
    for fit in (logistic_probe, RidgeProbes):
        with pytest.raises(InputError, match=message):
            fit(np.eye(4), np.array(labels), classes)
    with pytest.raises(InputError, match=r"l2=0: .* above 0"):
        RidgeProbes(np.eye(4), np.array([0, 1, 0, 1]), 2).fit(0)


@pytest.mark.skipif("GANAUG_DATA_DIR" not in os.environ, reason="needs GANAUG_DATA_DIR: CIFAR-10")
def test_probe_separates_real_airplanes_from_frogs():
    import tensorflow_datasets as tfds

    data = tfds.load(
        "cifar10", data_dir=os.environ["GANAUG_DATA_DIR"], download=False, batch_size=-1
    )
    parts = {part: tfds.as_numpy(data[part]) for part in ("train", "test")}
    extractor = FeatureExtractor(NAME, 96)
    features, labels = {}, {}
    for part, (images, classes) in ((p, (d["image"], d["label"])) for p, d in parts.items()):
        chosen = np.concatenate([np.flatnonzero(classes == c)[:40] for c in (0, 6)])
        features[part], labels[part] = extractor(images[chosen]), classes[chosen] // 6
    probe = RidgeProbes(features["train"], labels["train"], 2).fit()
    accuracy = (probe.predict_proba(features["test"]).argmax(1) == labels["test"]).mean()
    assert accuracy > 0.9
