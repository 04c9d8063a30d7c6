"""`ganaug quality` on a bank of one tiny generator."""

import hashlib
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import ganaug
from ganaug.quality import QualityReport, RandomNetwork
from pipelines.data.images import EVERY_CLASS, Images
from pipelines.errors import InputError
from pipelines.synthetic.judges import open_judge, open_judges
from pipelines.synthetic.reals import find_reals
from pipelines.verbs.quality import quality

pytestmark = pytest.mark.slow

NAMES = ("cat", "dog")


def draw(seed: int, per_class: int) -> Images:
    levels = np.repeat([70, 180], per_class)[:, None, None, None]
    noise = np.random.default_rng(seed).normal(levels, 30, (2 * per_class, 32, 32, 3))
    labels = np.repeat([0, 1], per_class)
    return Images(np.clip(noise, 0, 255).astype(np.uint8), labels, NAMES, "noise")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """An outputs folder with two instances, and a bank of one class of the second."""
    root = tmp_path_factory.mktemp("outputs")
    draw(9, 12).save(root / "instance" / "another" / "train.npz")
    train = draw(0, 12)
    train.save(root / "instance" / "noise" / "train.npz")
    draw(1, 15).save(root / "instance" / "noise" / "test.npz")
    config = ganaug.GanConfig(steps=1, batch=8, width=4, latent=8)
    ganaug.train(train.of_class(1), config, root / "gan" / "dog", class_name="dog")
    ganaug.Bank.assemble(root / "bank" / "dog", [root / "gan" / "dog"])
    return root


@pytest.mark.slow
def test_a_bank_is_judged_against_its_own_instance(outputs):
    bank = outputs / "bank" / "dog"
    found = quality(bank, n=20, judges="random", seed=3, truncation=0.9)
    assert found.file == bank / "quality" / "quality.json"
    assert QualityReport.model_validate_json(found.file.read_text()) == found.report
    (one,) = found.report.classes
    assert one.name == "dog"
    assert (one.train_images, one.held_out_images, one.generated_images) == (12, 15, 20)
    assert "Samples drawn with truncation 0.9." in found.report.notes
    assert [path.name for path in found.pictures] == ["nearest-dog-random-64-0.png"]
    assert min(Image.open(found.pictures[0]).size) > 300
    assert "quality.json" in str(found)
    ganaug.Bank(bank)  # what was written into it does not hinder it
    again = quality(bank, n=20, judges="random", seed=3, truncation=0.9, out=outputs / "again")
    assert again.report == found.report


def test_without_test_images_the_report_says_so(outputs, tmp_path):
    shutil.copy(outputs / "instance" / "noise" / "train.npz", tmp_path)
    reals = find_reals(ganaug.Bank(outputs / "bank" / "dog"), tmp_path)
    assert reals.held_out is None
    assert not reals.projected
    assert list(reals.train) == ["dog"]
    np.testing.assert_array_equal(reals.train["dog"], draw(0, 12).of_class(1))


def test_an_instance_with_test_images_is_preferred(outputs, tmp_path):
    bank = tmp_path / "bank" / "dog"
    shutil.copytree(outputs / "bank" / "dog", bank)
    for name, unseen in (("a", draw(1, 0)), ("b", draw(1, 2)), ("c", draw(1, 15))):
        draw(0, 12).save(tmp_path / "instance" / name / "train.npz")
        unseen.save(tmp_path / "instance" / name / "test.npz")
    assert len(find_reals(ganaug.Bank(bank), None).held_out["dog"]) == 15
    assert find_reals(ganaug.Bank(bank), tmp_path / "instance" / "b").held_out is None
    found = quality(bank, instance=tmp_path / "instance" / "b", n=20, judges="random")
    assert any("not used: a class has 2, and fewer than 6" in note for note in found.report.notes)
    assert find_reals(ganaug.Bank(bank), tmp_path / "instance" / "a").too_few is None


def test_the_images_of_a_generator_of_every_class_come_mixed(outputs, tmp_path):
    folder = outputs / "instance" / "noise"
    train = Images.load(folder / "train.npz")
    digest = hashlib.sha256(train.pixels.tobytes()).hexdigest()
    config = SimpleNamespace(class_name=EVERY_CLASS, images_sha256=digest, config={}, expanded="")
    reals = find_reals(SimpleNamespace(folder=tmp_path, configs=[config]), folder)
    for images in (reals.train[EVERY_CLASS], reals.held_out[EVERY_CLASS]):
        assert ((images[:8].mean(axis=(1, 2, 3)) > 125) == [0, 1] * 4).all()
    assert sorted(i.tobytes() for i in reals.train[EVERY_CLASS]) == sorted(
        i.tobytes() for i in train.pixels
    )


def test_other_images_than_those_trained_on_are_refused(outputs, tmp_path):
    bank = outputs / "bank" / "dog"
    with pytest.raises(InputError, match=r"another does not hold the images that .*--instance"):
        quality(bank, instance=outputs / "instance" / "another", judges="random")
    elsewhere = shutil.copytree(bank, tmp_path / "alone" / "bank" / "dog")
    with pytest.raises(InputError, match="does not hold the images"):
        quality(elsewhere, judges="random")


def test_judges_are_named_with_what_they_see():
    judges = open_judges("efficientnet_lite0, random,random", size=64)
    assert [judge.name for judge in judges] == ["efficientnet_lite0-64", RandomNetwork().name]
    with pytest.raises(InputError, match="unknown backbone 'eficientnet_lite0'; did you mean"):
        open_judges("eficientnet_lite0", size=64)
    with pytest.raises(InputError, match="no judge"):
        open_judges(" ,", size=64)
    with pytest.raises(InputError, match="2 judges in 'efficientnet_lite0,random'; name one"):
        open_judge("efficientnet_lite0,random", size=64)


def test_too_few_samples_are_refused(outputs):
    with pytest.raises(InputError, match="3 generated images"):
        quality(outputs / "bank" / "dog", n=3, judges="random")
