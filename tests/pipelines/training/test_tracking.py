import importlib.util
import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from classifiers.evaluation.scores import evaluate
from classifiers.training.trainer import Trainer
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.training.tracking import CELL, Tracker
from tests.classifiers.tiny import batches, settings, tiny


def without(monkeypatch, *names):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name in names else found(name, *a)
    )


def scored(images, probabilities):
    return evaluate(probabilities, images.labels, images.class_names)


def wrong_on(images, *positions):
    probabilities = np.eye(2, dtype=np.float32)[images.labels] * 0.8 + 0.1
    probabilities[list(positions)] = probabilities[list(positions)][:, ::-1]
    return probabilities


def test_tensorboard_shows_curves_and_mistakes(tiny_images, tmp_path):
    for losses in ([9.0, 9.0, 9.0], [1.0, 0.5]):  # the first was killed; its curve must not stay
        tracker = Tracker(tmp_path, None, {})
        for epoch, loss in enumerate(losses):
            tracker.on_epoch_end(epoch, {"loss": loss, "accuracy": 0.5})
    probabilities = wrong_on(tiny_images, 3, 15)
    probabilities[15] = 0.95, 0.05
    with tracker:
        tracker.finish(tiny_images, probabilities, scored(tiny_images, probabilities), 2)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    read = {
        name: [(e.step, make_ndarray(e.tensor_proto)) for e in events.Tensors(name)]
        for name in events.Tags()["tensors"]
    }
    assert read["loss"] == [(1, 1.0), (2, 0.5)]
    right = len(tiny_images) - 2
    assert read["test_accuracy"] == [(2, pytest.approx(right / len(tiny_images)))]
    assert {"test_f1", "test_precision", "test_recall"} < {*read}
    each = [read[f"test_f1/{name}"][0][1] for name in tiny_images.class_names]
    assert read["test_f1"] == [(2, pytest.approx(np.mean(each)))]
    ((_, confusion),) = read["confusion"]
    assert [int(side) for side in confusion[:2]] == [2 * CELL] * 2
    drawn = np.asarray(Image.open(io.BytesIO(confusion[2])))[CELL // 2 :: CELL, CELL // 2 :: CELL]
    assert (drawn[[0, 1], [0, 1]] < 60).all()
    assert (drawn[[0, 1], [1, 0]] > 200).any()
    table = events.SummaryMetadata("confusion").summary_description.splitlines()
    assert table[0] == "| true \\ answer | " + " | ".join(tiny_images.class_names) + " |"
    assert sum(int(cell) for row in table[2:] for cell in row.split("|")[2:-1]) == len(tiny_images)
    ((step, picture),) = read["failures"]
    assert step == 2
    width, height, *shown = picture
    assert (int(width), int(height)) == (32, 32)
    pixels = [np.asarray(Image.open(io.BytesIO(one))) for one in shown]
    np.testing.assert_array_equal(pixels, tiny_images.pixels[[15, 3]])
    described = events.SummaryMetadata("failures").summary_description
    assert described.splitlines() == [
        "1. across, taken for down (95%)",
        "2. down, taken for across (90%)",
    ]


def test_tensorboard_shows_what_is_learnt_from(tiny_images, tmp_path):
    with Tracker(tmp_path, None, {}) as tracker:
        tracker.samples(tiny_images, "real")
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    (event,) = events.Tensors("real")
    _, _, *shown = make_ndarray(event.tensor_proto)
    first = [np.flatnonzero(tiny_images.labels == label)[0] for label in (0, 1)]
    pixels = [np.asarray(Image.open(io.BytesIO(one))) for one in shown]
    assert len(pixels) == 12
    np.testing.assert_array_equal(pixels[:2], tiny_images.pixels[first])
    described = events.SummaryMetadata("real").summary_description.splitlines()
    assert described[:2] == [f"{i + 1}. {tiny_images.class_names[i]}" for i in (0, 1)]


def test_no_mistake_no_picture(tiny_images, tmp_path):
    with Tracker(tmp_path, None, {}) as tracker:
        answers = wrong_on(tiny_images)
        tracker.finish(tiny_images, answers, scored(tiny_images, answers), 1)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    tags = events.Tags()["tensors"]
    assert "test_accuracy" in tags
    assert "failures" not in tags


@pytest.fixture
def told(monkeypatch):
    """What a stand-in for Weights & Biases is told."""
    told = []
    run = SimpleNamespace(
        log=lambda values, step: told.append((step, values)),
        finish=lambda exit_code: told.append(f"end {exit_code}"),
    )
    fake = SimpleNamespace(
        init=lambda **settings: told.append(settings) or run,
        Image=lambda picture, caption: (picture.shape, caption),
        plot=SimpleNamespace(
            confusion_matrix=lambda y_true, preds, class_names: (y_true, preds, [*class_names])
        ),
        __spec__=importlib.util.spec_from_loader("wandb", None),
    )
    monkeypatch.setitem(sys.modules, "wandb", fake)
    return told


def test_weights_and_biases_is_told_when_asked(tiny_images, tmp_path, told):
    with Tracker(tmp_path / "run-1", "digits", {"seed": 3}) as tracker:
        tracker.on_epoch_end(0, {"loss": 1.0})
        answers = wrong_on(tiny_images, 0)
        tracker.finish(tiny_images, answers, scored(tiny_images, answers), 1)
    start, loss, scores, confusion, failures, end = told
    assert (start["project"], start["name"], start["config"]) == ("digits", "run-1", {"seed": 3})
    assert loss == (1, {"loss": 1.0})
    right = 1 - 1 / len(tiny_images)
    assert scores[1]["test_accuracy"] == pytest.approx(right)
    assert scores[1]["test_f1"] == pytest.approx(right, abs=0.01)
    truth, answer, names = confusion[1]["confusion"]
    assert (truth, names) == (tiny_images.labels.tolist(), [*tiny_images.class_names])
    assert sum(a != b for a, b in zip(truth, answer, strict=True)) == 1
    assert failures[1] == {"failures": [((32, 32, 3), "down, taken for across (90%)")]}
    assert end == "end 0"


@pytest.mark.parametrize(("every", "steps"), [(1, [1, 2, 3, 4]), (2, [2, 4])])
def test_batches_are_logged_when_asked(tmp_path, told, every, steps):
    """Two epochs of two steps: the means of an epoch's batches are what the epoch has."""
    model = tiny()
    trainer = Trainer(tiny(), settings(epochs=2, log_every=every), steps_per_epoch=2)
    with Tracker(tmp_path, "digits", {}, every) as tracker:
        history = trainer.fit(model, batches(), callbacks=[tracker]).history
    logged = [one for one in told if isinstance(one, tuple)]
    by_batch = [(step, values) for step, values in logged if "batch_loss" in values]
    assert [step for step, _ in by_batch] == steps
    losses = [values["batch_loss"] for _, values in by_batch]
    means = np.reshape(losses, (2, -1)).mean(axis=1)
    np.testing.assert_allclose(means, history["loss"], rtol=1e-5)
    at = [step for step, _ in logged]
    assert at == sorted(at)  # Weights & Biases drops what goes back
    assert [step for step, values in logged if "learning_rate" in values] == [2, 4]


def test_weights_and_biases_is_told_of_a_failure(tmp_path, told):
    def fail():
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk"), Tracker(tmp_path, "digits", {}):
        fail()
    assert told[1:] == ["end 1"]


def test_weights_and_biases_is_missing(tmp_path, monkeypatch):
    without(monkeypatch, "wandb")
    with pytest.raises(InputError, match=r"pip install 'ganaug\[wandb\]'"):
        Tracker(tmp_path, "digits", {})


@pytest.mark.slow
def test_a_training_leaves_events(tiny_images, tmp_path):
    np.savez(tmp_path / "data.npz", images=tiny_images.pixels, labels=tiny_images.labels)
    (tmp_path / "one.toml").write_text("[train]\nepochs = 2\n[arms.real]\n")
    words = ["classify", tmp_path / "data.npz", "--recipe", tmp_path / "one.toml", "--workers", 1]
    words += ["--per-class", 6, "--test-per-class", 6, "--instances", 1, "--outputs", tmp_path]
    assert main([str(word) for word in words]) == 0
    (training,) = (tmp_path / "train").iterdir()
    assert len(list((training / "tensorboard").glob("events.*"))) == 1
