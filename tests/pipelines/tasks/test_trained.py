import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.tasks import trained
from pipelines.tasks.predictions import read_predictions
from pipelines.tasks.trained import open_together
from pipelines.verbs.ensemble import ensemble
from pipelines.verbs.explain import explain

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    (root / "two.toml").write_text(
        "[data]\nsource = 'mnist5k'\nclasses = '3,8'\nper_class = 12\ntest_per_class = 20\n"
        "instances = 2\n[train]\nepochs = 3\nmodel = 'pereira_small'\ntta = 'flip'\n"
        "[arms.plain]\n[arms.faster]\ntrain.learning_rate = 0.02\n"
        "[ensembles.votes]\narms = ['plain', 'faster']\nvote = 'weighted'\n"
    )
    words = ["classify", "--recipe", str(root / "two.toml"), "--outputs", str(root)]
    assert main([*words, "--workers", "1"]) == 0
    return root


def runs(outputs, instance):
    """Return the folders of an instance's trainings."""
    found = sorted((outputs / "train").glob(f"two-*-{instance}-*"))
    return [folder for folder in found if "votes" not in folder.name]


@pytest.mark.slow
def test_probabilities_are_those_that_were_tested(outputs):
    (one, _) = open_together(runs(outputs, 0))
    chances = one.probabilities(one.test.pixels)
    accuracy = np.mean(chances.argmax(axis=1) == one.test.labels)
    assert accuracy == pytest.approx(one.result.scores.accuracy)


@pytest.mark.slow
def test_the_answers_of_a_training_and_of_an_ensemble_are_kept(outputs):
    voted = ensemble(runs(outputs, 0))
    (by_recipe,) = (outputs / "train").glob("two-votes-0-*")
    for folder in (*runs(outputs, 0), voted.folder, by_recipe):
        (one,) = open_together([folder])
        kept = read_predictions(folder)
        np.testing.assert_allclose(
            kept.probabilities, one.probabilities(one.test.pixels), atol=1e-5
        )
        assert kept.right.mean() == pytest.approx(one.result.scores.accuracy)
        assert kept.images == one.test.image_hashes()
        assert kept.labels.tolist() == one.test.labels.tolist()


@pytest.mark.slow
def test_pictures_of_one_and_of_several(outputs, tmp_path):
    first, second = runs(outputs, 0)
    alone = explain([first], out=tmp_path / "one")
    names = {path.stem for path in alone.pictures}
    assert {"confusion", "calibration", "classes", "training"} <= names
    both = explain([first, second], out=tmp_path / "two", cam=False, mistakes=3)
    assert {"cost", "classes", "training"} < {path.stem for path in both.pictures}
    assert sum(path.stem.startswith("confusion-") for path in both.pictures) == 2
    for path in both.pictures:
        with Image.open(path) as picture:
            assert min(picture.size) > 100


@pytest.mark.slow
def test_trainings_of_one_name_are_told_apart(outputs, tmp_path):
    first, _ = runs(outputs, 0)
    twin = shutil.copytree(first, first.with_name(first.name.rpartition("-")[0] + "-0123456789ab"))
    try:
        both = explain([first, twin], out=tmp_path, cam=False)
        drawn = {p.stem for p in both.pictures if p.stem.startswith("confusion-")}
        assert drawn == {f"confusion-{first.name}", f"confusion-{twin.name}"}
    finally:
        shutil.rmtree(twin)


@pytest.mark.slow
def test_an_ensemble_is_kept_and_predicts(outputs, tmp_path, capsys):
    voted = ensemble(runs(outputs, 0))
    assert list(voted.accuracies)[-2:] == ["soft voting", "hard voting"]
    (again,) = open_together([voted.folder])
    assert again.result.scores.accuracy == voted.accuracies["soft voting"]
    members = open_together(runs(outputs, 0))
    mean = np.mean([one.probabilities(one.test.pixels) for one in members], axis=0)
    np.testing.assert_allclose(again.probabilities(again.test.pixels), mean, atol=1e-5)
    path = tmp_path / "three.png"
    Image.fromarray(again.test.pixels[0]).save(path)
    capsys.readouterr()
    assert main(["predict", str(path), "--model", str(voted.folder), "--form", "csv"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header == "file,class,3,8"
    assert sum(map(float, row.split(",")[2:])) == pytest.approx(1, abs=1e-5)
    assert main(["predict", str(path), "--model", str(voted.folder)]) == 0
    table = capsys.readouterr().out.split()
    assert {"3", "8"} < set(table)
    assert float(table[2].rstrip("%")) >= float(table[4].rstrip("%"))
    assert any("mistakes" in p.stem for p in explain([voted.folder], out=tmp_path).pictures)


def test_trainings_of_different_images_do_not_vote(outputs, tmp_path):
    with pytest.raises(InputError, match="tested on other images"):
        ensemble([runs(outputs, 0)[0], runs(outputs, 1)[0]])
    with pytest.raises(InputError, match="needs two or more"):
        ensemble(runs(outputs, 0)[:1])
    with pytest.raises(InputError, match="no finished training"):
        explain([tmp_path])


def test_trainings_of_two_sizes_are_named_as_such(monkeypatch, make_images):
    def opened(folder):
        test = make_images(2)
        side = 48 if folder.name == "large" else 32
        pixels = np.zeros((len(test), side, side, 3), np.uint8)
        return SimpleNamespace(
            folder=folder,
            tested=True,
            class_names=test.class_names,
            test=replace(test, pixels=pixels),
            sees=f"images of {side} pixels (crop)",
        )

    monkeypatch.setattr(trained, "TrainedClassifier", opened)
    assert len(open_together([Path("small"), Path("also")])) == 2
    with pytest.raises(InputError, match=r"large sees images of 48 pixels .*, small images of 32"):
        open_together([Path("small"), Path("large")])
