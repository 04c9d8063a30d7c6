"""Arms compared image by image."""

import numpy as np
import pytest

from pipelines.data.images import Images
from pipelines.report.answers import accuracy_intervals, image_intervals
from pipelines.tasks.predictions import write_predictions
from pipelines.workspace import PREDICTIONS
from tests.made_comparison import ARMS, keep_answers, make_comparison


def test_arms_have_an_interval_around_their_difference(tmp_path):
    comparison = make_comparison(tmp_path, instances=6, pictures=False)
    keep_answers(comparison, tmp_path)
    found = image_intervals(comparison, tmp_path)
    assert list(found) == ARMS[1:]
    for arm, (low, high) in found.items():
        accuracies = {
            name: np.mean([r.result.scores.accuracy for r in comparison.trainings if r.arm == name])
            for name in (ARMS[0], arm)
        }
        assert low < accuracies[arm] - accuracies[ARMS[0]] < high


def test_the_same_test_images_in_all_instances_make_it_wider(tmp_path):
    comparison = make_comparison(tmp_path, instances=6, pictures=False, draws=[["a", "b"]])
    widths = []
    for tested in ("own", "same"):
        keep_answers(comparison, tmp_path, tested=tested)
        low, high = image_intervals(comparison, tmp_path)[ARMS[1]]
        widths.append(high - low)
    assert widths[1] > widths[0]


def test_the_answers_of_all_seeds_count(tmp_path):
    comparison = make_comparison(tmp_path, instances=1, pictures=False, seeds=2)
    keep_answers(comparison, tmp_path)
    low, high = image_intervals(comparison, tmp_path)[ARMS[2]]
    means = [
        np.mean([r.result.scores.accuracy for r in comparison.trainings if r.arm == arm])
        for arm in (ARMS[0], ARMS[2])
    ]
    assert (low + high) / 2 == pytest.approx(means[1] - means[0], abs=0.01)


def test_arms_of_old_trainings_have_none(tmp_path):
    comparison = make_comparison(tmp_path, pictures=False)
    assert image_intervals(comparison, tmp_path) == {}
    keep_answers(comparison, tmp_path)
    (tmp_path / "train" / f"{ARMS[1]}-2" / PREDICTIONS).unlink()
    assert list(image_intervals(comparison, tmp_path)) == [ARMS[2]]


def test_arms_that_saw_other_sizes_are_compared_picture_by_picture(tmp_path):
    """The pixels of one picture differ from size to size, and so do their hashes."""
    comparison = make_comparison(tmp_path, instances=4, pictures=False, draws=[["a", "b"]])
    keep_answers(comparison, tmp_path, tested="same")
    before = image_intervals(comparison, tmp_path)
    for path in tmp_path.glob(f"train/{ARMS[1]}-*/{PREDICTIONS}"):
        arrays = dict(np.load(path))
        arrays["images"] = np.array([name[::-1] for name in arrays["images"].tolist()])
        np.savez(path, **arrays)
    assert image_intervals(comparison, tmp_path) == before


def test_a_dozen_right_answers_are_no_certainty(tmp_path):
    comparison = make_comparison(tmp_path, instances=2, pictures=False)
    for run in comparison.trainings:
        labels = np.repeat([0, 1], 6)
        pixels = np.random.default_rng(run.instance).integers(0, 256, (12, 8, 8, 3), np.uint8)
        test = Images(pixels, labels, ("a", "b"), "thin air")
        write_predictions(tmp_path / run.folder, np.eye(2)[labels], test)
    low, high = accuracy_intervals(comparison, tmp_path)["real"]
    assert low == pytest.approx(0.025 ** (1 / 24))
    assert high == 1
