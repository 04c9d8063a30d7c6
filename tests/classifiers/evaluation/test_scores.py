"""Scores against scikit-learn's own and hand-made cases."""

import numpy as np
import pytest
from sklearn import metrics

from classifiers.errors import InputError
from classifiers.evaluation.scores import Evaluation, evaluate

NAMES = ["cat", "dog", "fish", "owl"]
RNG = np.random.default_rng(0)
LABELS = RNG.choice(4, 200, p=[0.5, 0.3, 0.15, 0.05])
PROBABILITIES = RNG.dirichlet(np.ones(4) / 2, 200) * 0.7 + 0.3 * np.eye(4)[LABELS]
PREDICTED = PROBABILITIES.argmax(1)


def test_scores_are_scikit_learns() -> None:
    scores = evaluate(PROBABILITIES, LABELS, NAMES)
    report = metrics.classification_report(LABELS, PREDICTED, target_names=NAMES, output_dict=True)
    assert scores.accuracy == report["accuracy"]
    assert scores.images == 200
    assert scores.balanced_accuracy == metrics.balanced_accuracy_score(LABELS, PREDICTED)
    for one in scores.per_class:
        assert one.model_dump(exclude={"name"}) == pytest.approx(
            {
                "precision": report[one.name]["precision"],
                "recall": report[one.name]["recall"],
                "f1": report[one.name]["f1-score"],
                "support": report[one.name]["support"],
            }
        )
    for ours, name in ((scores.macro, "macro avg"), (scores.weighted, "weighted avg")):
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx(
            (report[name]["precision"], report[name]["recall"], report[name]["f1-score"])
        )


def test_confusion_log_loss_and_top_k_by_their_definitions() -> None:
    scores = evaluate(PROBABILITIES, LABELS, NAMES)
    assert scores.confusion[1][2] == int(((LABELS == 1) & (PREDICTED == 2)).sum())
    assert np.sum(scores.confusion) == 200
    right = PROBABILITIES[np.arange(200), LABELS]
    assert scores.log_loss == pytest.approx(-np.log(right).mean())
    worse = (right[:, None] < PROBABILITIES).sum(1)
    assert scores.top_k == {3: pytest.approx((worse < 3).mean())}


def test_calibration_by_hand() -> None:
    # Two bins: four images at 0.9 of which three are right, one at 0.6 that is right.
    high, low = [0.9, 0.1], [0.6, 0.4]
    scores = evaluate(np.array([high] * 4 + [low]), np.array([0, 0, 0, 1, 0]), ["a", "b"])
    assert [part.images for part in scores.calibration] == [1, 4]
    assert scores.calibration_error == pytest.approx(4 / 5 * 0.15 + 1 / 5 * 0.4)


def test_a_class_without_images_has_no_say_in_the_balanced_accuracy() -> None:
    scores = evaluate(np.eye(3)[[0, 1, 1]], np.array([0, 1, 0]), ["a", "b", "c"])
    assert scores.balanced_accuracy == pytest.approx((0.5 + 1) / 2)
    assert scores.per_class[2].support == 0
    assert scores.macro.recall == pytest.approx((0.5 + 1 + 0) / 3)


def test_scores_survive_json() -> None:
    scores = evaluate(PROBABILITIES, LABELS, NAMES)
    assert Evaluation.model_validate_json(scores.model_dump_json()) == scores


@pytest.mark.parametrize(
    ("probabilities", "labels", "names", "message"),
    [
        (np.ones((3, 1)), [0, 0, 0], ["a"], "two or more"),
        (np.eye(2), [0, 2], ["a", "b"], r"0\.\.2: 2 classes are 0\.\.1"),
        (np.eye(2), [0, -1], ["a", "b"], r"-1\.\.0"),
        (np.eye(2), [0], ["a", "b"], "one row an image"),
        (np.eye(3), [0, 1, 1], ["a", "b"], "one column a class"),
        (np.zeros((0, 2)), [], ["a", "b"], "0 labels"),
        (np.array([[2.0, -1.0]]), [0], ["a", "b"], "softmax"),
        (np.array([[np.nan, 1.0]]), [0], ["a", "b"], "softmax"),
    ],
)
def test_what_cannot_be_scored(
    probabilities: np.ndarray, labels: list[int], names: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(probabilities, np.array(labels), names)
