import shutil

import pytest

from groundwork.files import read_json, write_json
from pipelines.errors import InputError
from pipelines.report import gradcam
from pipelines.report.gradcam import show_mistakes
from pipelines.report.mistakes import find_mistakes
from pipelines.workspace import RESULT
from tests.made_comparison import keep_answers, make_comparison


@pytest.fixture
def made(tmp_path):
    made = make_comparison(tmp_path, instances=2, draws=[["a", "b"]], pictures=False)
    keep_answers(made, tmp_path, images=True)
    return made


@pytest.fixture
def worst(made, tmp_path):
    return find_mistakes(made, "real", tmp_path).shown


def with_models(made, outputs):
    for run in made.trainings:
        (outputs / run.folder / "model.keras").touch()


def test_pictures_are_drawn_once(made, worst, tmp_path, monkeypatch):
    with_models(made, tmp_path)
    calls = []

    def overlays(folder, pixels, classes):
        calls.append(folder)
        assert classes.tolist() == [one.worst.position for one in worst][: len(pixels)]
        return 255 - pixels

    monkeypatch.setattr(gradcam, "_overlays", overlays)
    shown, why = show_mistakes(made, worst[:3], tmp_path)
    assert not why
    assert all(one.picture and one.heat and one.picture != one.heat for one in shown)
    assert shown[0].picture.width == 8 * (gradcam.SIDE // 8)
    shutil.rmtree(tmp_path / "instance")
    for run in made.trainings:
        (tmp_path / run.folder / "model.keras").unlink()
    again, _ = show_mistakes(made, worst[:3], tmp_path)
    assert again == shown
    assert len(calls) == len({one.worst.run.folder for one in worst[:3]})


def test_what_has_no_feature_map_is_tried_once(made, worst, tmp_path, monkeypatch):
    with_models(made, tmp_path)
    calls = []

    def overlays(*_):
        calls.append(1)
        raise InputError("model 'flat' has no feature map")

    monkeypatch.setattr(gradcam, "_overlays", overlays)
    for _ in range(2):
        shown, why = show_mistakes(made, worst[:1], tmp_path)
        assert why == "model 'flat' has no feature map"
        assert shown[0].picture
        assert shown[0].heat is None
    assert calls == [1]


def test_few_classifiers_are_loaded(made, worst, tmp_path, monkeypatch):
    with_models(made, tmp_path)
    monkeypatch.setattr(gradcam, "_overlays", lambda _, pixels, __: pixels)
    monkeypatch.setattr(gradcam, "MODELS", 1)
    every = find_mistakes(made, "real", tmp_path).all
    both = [next(one for one in every if one.worst.run.instance == i) for i in (0, 1)]
    shown, why = show_mistakes(made, both, tmp_path)
    assert why == "it is drawn for at most 1 of the classifiers"
    assert [bool(one.heat) for one in shown] == [True, False]


def test_a_vote_shows_the_pictures_of_its_instance(made, worst, tmp_path):
    for one in worst:
        (tmp_path / one.worst.run.folder / "config.json").unlink(missing_ok=True)
    shown, why = show_mistakes(made, worst, tmp_path)
    assert all(one.picture for one in shown)
    assert why == "the classifier was not kept"


def test_of_a_vote_the_first_member_says_where_it_looked(made, worst, tmp_path, monkeypatch):
    asked = []

    def overlays(folder, pixels, classes):
        asked.append(folder.name)
        return pixels

    monkeypatch.setattr(gradcam, "_overlays", overlays)
    folder = tmp_path / worst[0].worst.run.folder
    settings = read_json(folder / "config.json") | {"members": ["first", "second"]}
    write_json(folder / "config.json", settings)
    for name in ("first", "second"):
        (folder.parent / name).mkdir()
        (folder.parent / name / "model.keras").touch()
    shown, why = show_mistakes(made, worst[:1], tmp_path)
    assert not why
    assert shown[0].heat
    assert asked == ["first"]


@pytest.mark.slow
def test_a_network_shows_where_it_looked(made, worst, tmp_path):
    import keras
    from keras import layers

    inputs = keras.Input((8, 8, 3))
    maps = layers.Conv2D(4, 3, activation="relu")(inputs)
    logits = layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(maps))
    for run in made.trainings:
        keras.Model(inputs, logits).save(tmp_path / run.folder / "model.keras")
        write_json(tmp_path / run.folder / RESULT, run.result.model_dump(mode="json"))
    shown, why = show_mistakes(made, worst[:2], tmp_path)
    assert not why
    pictures = sorted((tmp_path / worst[0].worst.run.folder / "mistakes").iterdir())
    assert {path.name[16:] for path in pictures} == {".png", "-grad-cam.png"}
    assert all(one.heat for one in shown)
