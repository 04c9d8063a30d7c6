"""Data sets by name, and what is said where there is none."""

import shutil
import subprocess
import sys

import pytest

from pipelines.data.sources import download, list_sources, load_source
from pipelines.errors import InputError


@pytest.mark.parametrize("fit", ["crop", "inner"])
def test_a_fit_that_is_not_heeded_is_named(fit):
    said = "data.fit 'inner' was not heeded: mnist5k makes its images by 'crop'"
    assert (said in load_source("mnist5k", fit=fit).notes) == (fit == "inner")


def test_mnist5k_is_always_there():
    source = load_source("mnist5k")
    assert source.train.read().pixels.shape == (5000, 32, 32, 3)
    assert source.train.counts().tolist() == [500] * 10
    assert source.test is None
    frame = source.train.read().pixels.copy()
    frame[:, 2:30, 2:30] = 0
    assert not frame.any()


@pytest.mark.slow
def test_unknown_names_give_the_closest():
    with pytest.raises(InputError, match="'cifar-10'; did you mean cifar10 or"):
        load_source("cifar-10")
    with pytest.raises(InputError, match="BuilderConfig nope not found"):
        load_source("emnist/nope")
    with pytest.raises(InputError, match="image classification"):
        load_source("glue")
    with pytest.raises(InputError, match="by hand"):
        load_source("imagenet2012")


@pytest.fixture
def offline(monkeypatch):
    """No host answers, and nobody tries to download."""
    monkeypatch.delenv("GANAUG_DATA_DIR", raising=False)
    monkeypatch.setattr(download, "reachable", lambda urls: False)


def test_an_image_folder_goes_before_a_data_set(image_folder, tmp_path, monkeypatch, offline):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cifar10" / "3.0.2").mkdir(parents=True)  # as a data set is kept
    with pytest.raises(InputError, match="cannot be reached"):
        load_source("cifar10", data_dir=tmp_path / "none")
    shutil.rmtree(tmp_path / "cifar10")
    image_folder.rename(tmp_path / "cifar10")
    assert load_source("cifar10").train.class_names == ("cat", "dog")
    assert load_source("auto", data_dir=tmp_path / "none").name == "mnist5k"
    assert load_source("./cifar10").train.class_names == ("cat", "dog")
    (tmp_path / "cifar10").rename(tmp_path / "pets")
    assert load_source("pets").train.class_names == ("cat", "dog")


def test_a_folder_called_as_one_that_is_always_there_is_pointed_at(
    image_folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert load_source("mnist5k").notes == []
    image_folder.rename(tmp_path / "mnist5k")
    assert "give ./mnist5k for that" in load_source("mnist5k").notes[0]
    assert load_source("./mnist5k").train.class_names == ("cat", "dog")


def test_list_sources():
    known = list_sources()
    assert list(known)[:2] == ["auto", "mnist5k"]
    assert {"cifar10", "cifar100", "fashion_mnist", "oxford_flowers102"} <= known.keys()
    assert "glue" not in known


def test_a_download_without_a_network_names_what_works(offline, tmp_path):
    with pytest.raises(InputError) as caught:
        load_source("fashion_mnist", data_dir=tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    for word in ("fashion_mnist", str(tmp_path), "amazonaws.com", "mnist5k", ".npz", "--data-dir"):
        assert word in message
    assert list(tmp_path.iterdir()) == []


def test_auto_without_a_network_says_what_it_took(offline, tmp_path):
    source = load_source("auto", data_dir=tmp_path)
    assert source.name == "mnist5k"
    assert source.notes[0].startswith("auto chose mnist5k: cifar10 is not in")


def test_importing_the_sources_does_not_start_tensorflow():
    imports = "import sys, pipelines.data.sources, pipelines.data.instances"
    code = f"{imports}; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
