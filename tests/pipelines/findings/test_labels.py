import numpy as np
import pytest

from pipelines.findings.gallery import Gallery
from pipelines.findings.labels import confused, doubtful, label_findings, out_of_fold


def clusters(per_class: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    centres = rng.normal(0, 1, (classes, 40))
    return (centres[labels] + rng.normal(0, 0.7, (len(labels), 40))).astype(np.float32), labels


@pytest.mark.parametrize("classes", [2, 6])
def test_planted_labels_are_found(classes):
    features, labels = clusters(40, classes)
    wrong = np.random.default_rng(1).permutation(len(labels))[: len(labels) // 10]
    given = labels.copy()
    given[wrong] = (given[wrong] + 1) % classes
    found = doubtful(out_of_fold(features, given, np.arange(len(given))), given)
    assert len(set(found) & set(wrong)) >= 0.65 * len(wrong)
    assert len(set(found) & set(wrong)) >= 0.9 * len(found)


def test_a_copy_does_not_vouch_for_its_label():
    features, labels = clusters(20, 2)
    features = np.concatenate([features, features[:3] + 1e-3])
    given = np.r_[labels, [1, 1, 1]]
    given[:3] = 1  # a picture and its copy, both under the wrong label
    groups = np.r_[np.arange(40), [0, 1, 2]]
    own = out_of_fold(features, given, groups)[np.arange(43), given]
    assert own[[0, 1, 2, 40, 41, 42]].max() < 0.3


def test_classes_under_two_names_are_said():
    features, _ = clusters(30, 3)
    labels = np.random.default_rng(0).integers(0, 2, 90)  # whatever the pictures show
    probabilities = out_of_fold(features, labels, np.arange(90))
    assert [pair[:2] for pair in confused(probabilities, labels, np.arange(90))] == [(0, 1)]
    apart, own = clusters(30, 3)
    assert confused(out_of_fold(apart, own, np.arange(90)), own, np.arange(90)) == []


def test_classes_of_too_few_are_left_out():
    features, labels = clusters(20, 3)
    kept = np.r_[0:40, 40]
    names = tuple(f"p{at}" for at in range(41))
    own = Gallery(
        np.zeros((41, 8, 8, 3), np.uint8), labels[kept], ("a", "b", "c"), names, ("train",) * 41
    )
    found, notes = label_findings(own, features[kept], np.arange(41))
    assert found == []
    assert notes == ["labels of c were not checked: fewer than 3 different pictures"]
    found, notes = label_findings(own, features[kept], np.zeros(41, int))
    assert found == []
    assert "too few" in notes[0]
