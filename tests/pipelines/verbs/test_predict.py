"""Which files of a folder are classified, and what is said of the others."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from pipelines.data.reader import USUAL, Preparation
from pipelines.errors import InputError
from pipelines.verbs import predict as verb
from pipelines.verbs.predict import Form, PredictResult, predict
from tests.pipelines.tasks.test_not_sure import FOUND


@pytest.fixture(autouse=True)
def classifier(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Let the classifier be the mean of the red channel."""

    def probabilities(pixels: np.ndarray) -> np.ndarray:
        red = pixels[..., 0].mean(axis=(1, 2)) / 255
        return np.stack([red, 1 - red], axis=1)

    classifier = SimpleNamespace(
        class_names=["red", "other"],
        network=SimpleNamespace(input_shape=(None, 16, 16, 3)),
        probabilities=probabilities,
        preparation=USUAL,
        not_sure=None,
    )
    monkeypatch.setattr(verb, "TrainedClassifier", lambda folder: classifier)
    monkeypatch.setattr(verb, "find_classifier", lambda named, outputs: named)
    return classifier


def test_pictures_are_prepared_as_the_training_s_were(
    classifier: SimpleNamespace, tmp_path: Path
) -> None:
    """A digit of 28 pixels is set into 32 black ones, a wide picture on black, if that was so."""
    classifier.network.input_shape = (None, 32, 32, 3)
    Image.new("RGB", (28, 28), "red").save(tmp_path / "digit.png")
    Image.new("RGB", (64, 32), "red").save(tmp_path / "wide.png")

    def reds() -> list[float]:
        return [row[0] for row in predict([tmp_path], model=Path("any")).probabilities]

    assert reds() == pytest.approx([1, 1])
    classifier.preparation = Preparation(fit="pad", centred=True)
    assert reds() == pytest.approx([(28 / 32) ** 2, 0.5])
    classifier.preparation = Preparation(fit="squash")
    assert reds() == pytest.approx([1, 1])


def test_of_a_folder_the_pictures_are_classified(image_folder: Path) -> None:
    whole = predict([image_folder], model=Path("any"))
    assert [path.name for path in whole.files] == [
        *("1.jpg", "2.png", "10.bmp", "11.gif"),
        *("a.webp", "b.PNG", "c.jpeg", "d.png"),
    ]
    for name in (".DS_Store", "Thumbs.db", "notes.txt"):
        (image_folder / "cat" / name).write_bytes(b"x")
    again = predict([image_folder], model=Path("any"))
    assert again.files == whole.files
    assert again.probabilities == whole.probabilities


@pytest.mark.parametrize("at_once", [3, 2048])  # however many are in memory at a time
def test_what_cannot_be_read_is_named_or_skipped(
    image_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    monkeypatch.setattr(verb, "AT_ONCE", at_once)
    whole = predict([image_folder], model=Path("any"))
    for name in ("cat/2.png", "dog/d.png"):
        (image_folder / name).write_bytes(b"no picture")
    message = r"2 of 8 images cannot be read: \S*cat/2.png \(.*dog/d.png \(.*--skip-bad"
    with pytest.raises(InputError, match=message):
        predict([image_folder], model=Path("any"))
    some = predict([image_folder], model=Path("any"), skip_bad=True)
    kept = [at for at, path in enumerate(whole.files) if path.name not in ("2.png", "d.png")]
    assert some.files == [whole.files[at] for at in kept]
    assert some.probabilities == [whole.probabilities[at] for at in kept]
    assert "left out: 2 of 8 images" in capsys.readouterr().err


def test_pictures_in_memory_are_refused_in_a_line(classifier: SimpleNamespace) -> None:
    one = verb.Classifier(classifier)
    for given in (Image.new("RGB", (8, 8)), np.zeros((2, 16, 16, 3), np.uint8), [b"x.png"]):
        with pytest.raises(InputError, match=r"image files or folders .*, received \w+: save it"):
            one.predict(given)


def test_of_equal_classes_every_form_names_the_same() -> None:
    found = [PredictResult([Path("x")], ["a", "b"], [[0.5, 0.5]], form) for form in get_args(Form)]
    table, rows, records = map(str, found)
    assert table.split()[:2] == ["x", "a"]
    assert rows.splitlines()[1].startswith("x,a,")
    assert json.loads(records)[0]["class"] == "a"


def test_the_latest_is_looked_for_at_home_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(verb, "find_classifier", lambda named, outputs: outputs)
    monkeypatch.setattr(verb, "TrainedClassifier", lambda folder: SimpleNamespace(folder=folder))
    assert verb.load("latest", "~/results").folder == tmp_path / "results"


def test_where_nothing_can_be_read_nothing_is_said_of_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no image to classify"):
        predict([tmp_path], model=Path("any"))
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="1 of 1 images cannot be read"):
        predict([tmp_path], model=Path("any"), skip_bad=True)


def test_pictures_below_the_threshold_are_marked(
    classifier: SimpleNamespace, tmp_path: Path
) -> None:
    for name, red in (("a.png", 255), ("b.png", 140)):
        Image.new("RGB", (32, 32), (red, 0, 0)).save(tmp_path / name)

    def said(form: str, sure: float | None = None) -> list[str]:
        found = predict([tmp_path], model=Path("any"), form=form, sure=sure)
        return str(found).splitlines()

    assert not any("sure" in line for form in ("table", "csv", "json") for line in said(form))
    classifier.not_sure = FOUND
    first, second, _, last = said("table")
    assert "not sure" not in first
    assert second.endswith("not sure")
    assert "red    54.9%" in second
    assert last == "not sure: 1 of 2, whose highest probability is below 83.4 %"
    assert [line.rpartition(",")[2] for line in said("csv")] == ["sure", "yes", "no"]
    assert [one["sure"] for one in json.loads("".join(said("json")))] == [True, False]
    assert [line.rpartition(",")[2] for line in said("csv", 0.5)] == ["sure", "yes", "yes"]
    assert not any("sure" in line for line in said("csv", 0))
    classifier.not_sure = FOUND.model_copy(update={"threshold": None})
    assert not any("sure" in line for line in said("table"))


@pytest.mark.parametrize("name", ["photos.zip", "labels.csv", "arrays.NPZ"])
def test_what_holds_images_but_is_none_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(InputError, match=r"is no image; give image files or folders of them"):
        predict([tmp_path / name], model=Path("any"))
