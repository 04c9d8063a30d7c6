"""Time as a result: what the page, the table of epochs and the study say of it."""

import csv
import io
from typing import Any

import pytest

from pipelines.report.curves import curves_of_arms
from pipelines.report.epochs import epochs_csv
from pipelines.report.page import render
from pipelines.report.times import accuracy_against_time, said, times, times_in_words
from pipelines.verbs import study_steps
from tests.made_comparison import ARMS, make_comparison


def timed(tmp_path, targets=(0.8, 0.99), validated=False, **published: dict[str, str]):
    """Return a comparison whose trainings have four epochs of 1, 2, 3 and 4 seconds."""
    made = make_comparison(tmp_path, pictures=False, instances=2)
    runs = []
    for run in made.trainings:
        history: dict[str, list[float]] = {
            "loss": [0.7, 0.6, 0.5, 0.4],
            "accuracy": [0.5, 0.6, 0.7, 0.8],
        }
        if validated:
            history |= {"val_loss": [0.8, 0.7, 0.9, 1.0], "val_accuracy": [0.4, 0.5, 0.8, 0.9]}
        own: dict[str, Any] = {
            "history": history,
            "epoch_seconds": [1.0, 2.0, 3.0, 4.0],
            "startup_seconds": 9.0 if run.instance == 0 else 0.5,
            "accuracy_at": {1: 0.5, 2: 0.8 if run.instance == 0 else 0.7, 4: 0.85},
        }
        runs.append(run.model_copy(update={"result": run.result.model_copy(update=own)}))
    recipe = made.recipe | {"targets": list(targets)}
    return made.model_copy(update={"trainings": runs, "recipe": recipe, "published": published})


def test_the_time_to_a_target_is_that_of_the_epochs_until_then(tmp_path):
    found = times(timed(tmp_path, real={said(0.8): "16.4", "seconds an epoch": "8.0"}))
    assert found is not None
    assert found.images == "test"
    real = found.arms[0]
    assert (real.name, real.epoch.mean, real.startup, real.published) == ("real", 2.5, 9.0, "8.0")
    at_80, at_99 = real.reached[0.8], real.reached[0.99]
    # 1 + 2 seconds on the first instance, all ten on the second, which was not tested after 3.
    assert (at_80.seconds.mean, at_80.count, at_80.epoch, at_80.published) == (6.5, 2, 3, "16.4")
    assert (at_99.seconds, at_99.count) == (None, 0)


def test_validation_images_tell_it_where_there_are_some(tmp_path):
    found = times(timed(tmp_path, validated=True))
    assert found is not None
    assert found.images == "validation"
    assert found.arms[0].reached[0.8].seconds.mean == 6
    assert found.arms[0].reached[0.8].epoch == 3


def test_the_terminal_says_it_too(tmp_path):
    first, *_, last = times_in_words(timed(tmp_path))
    assert first == "real: 2.5 seconds an epoch, 6.5 seconds to 80 % (2 of 2), never at 99 %"
    assert last.endswith("reached on test images.")


def test_times_stand_in_what_a_row_came_to(tmp_path):
    figures = study_steps._of_times(timed(tmp_path, real={said(0.8): "16.4"}))
    assert [(one.arm, one.measure, one.mean, one.published) for one in figures[:2]] == [
        ("real", "seconds an epoch", 2.5, ""),
        ("real", "seconds to 80 %", 6.5, "16.4"),
    ]
    assert not any("0.99" in one.measure for one in figures)  # never reached


def test_what_was_not_timed_has_no_times(plain):
    assert times(plain) is None
    assert accuracy_against_time(plain) == ""


def test_the_table_of_epochs_has_a_row_an_epoch(tmp_path):
    rows = list(csv.DictReader(io.StringIO(epochs_csv(timed(tmp_path, validated=True)))))
    assert len(rows) == 2 * len(ARMS) * 4
    assert rows[2] == {
        "arm": "real", "instance": "0", "seed": "0", "epoch": "3", "seconds": "3.0",
        "loss": "0.5", "training_accuracy": "0.7", "validation_loss": "0.9",
        "validation_accuracy": "0.8", "learning_rate": "", "test_accuracy": "",
    }  # fmt: skip
    assert rows[3]["test_accuracy"] == "0.85"


def test_training_and_validation_are_drawn_together(tmp_path, plain):
    shown = curves_of_arms(timed(tmp_path, validated=True))
    assert [own.arm for own in shown] == ARMS
    loss, accuracy = shown[0].charts
    for chart in (loss, accuracy):
        assert ">training<" in chart
        assert ">validation<" in chart
    assert curves_of_arms(plain) == []


@pytest.mark.slow
def test_the_page_shows_times(tmp_path):
    html = render(timed(tmp_path, validated=True, real={said(0.8): "16.4"}), tmp_path)
    for text in ("to 80 %", "16.4", "2 of 2", "0 of 2", "on validation images", "arm by arm"):
        assert text in html
