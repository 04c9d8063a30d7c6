import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

import ganaug
from ganaug import Bank, GanConfig, InputError
from ganaug.bank.scoring import scores
from ganaug.grids import image_grid, save_images
from tests.ganaug.tiny import run_python

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two trained classes."""
    root = tmp_path_factory.mktemp("classes")
    config = GanConfig(steps=1, batch=8, width=4, latent=8)
    images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
    for name, part in (("cat", images[:10]), ("dog/wolf", images[10:])):
        ganaug.train(part, config, root / name[:3], class_name=name)
    return [root / "cat", root / "dog"]


@pytest.fixture
def bank(folders, tmp_path):
    return Bank.assemble(tmp_path / "bank", folders)


@pytest.mark.slow
def test_bank_samples_by_label_and_name(bank):
    assert bank.class_names == ["cat", "dog/wolf"]
    assert sorted(p.name for p in bank.folder.iterdir()) == ["0-cat", "1-dog_wolf"]
    images = bank.sample("dog/wolf", 70, seed=1)
    assert images.shape == (70, 32, 32, 3)
    assert images.dtype == np.uint8
    assert (bank.sample(1, 3, seed=1) == images[:3]).all()
    assert not np.array_equal(bank.sample(1, 3, seed=2), images[:3])
    assert not np.array_equal(bank.sample(0, 3, seed=1), images[:3])


def test_truncation_narrows_the_samples(bank):
    wide, narrow = (bank.sample(0, 64, seed=0, truncation=t) / 255 for t in (1.0, 0.3))
    assert narrow.std(axis=0).mean() < 0.7 * wide.std(axis=0).mean()


@pytest.mark.slow
def test_a_fresh_process_needs_the_folder_alone(bank, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(bank.folder, moved)
    code = (
        "import sys; from pathlib import Path; from ganaug import Bank, grids\n"
        "grids.save_images(Bank(Path(sys.argv[1])).sample(0, 12, seed=4), Path(sys.argv[2]))"
    )
    ran = run_python(code, moved, tmp_path / "png")
    assert ran.returncode == 0, ran.stderr
    files = sorted((tmp_path / "png").iterdir())
    assert [f.name for f in files] == [f"{i:02d}.png" for i in range(12)]
    read = np.stack([np.asarray(Image.open(f)) for f in files])
    assert (read == bank.sample(0, 12, seed=4)).all()


def test_assembling_again_replaces(folders, bank):
    again = Bank.assemble(bank.folder, folders[::-1])
    assert again.class_names == ["dog/wolf", "cat"]
    assert not [p for p in bank.folder.parent.iterdir() if p.name.startswith(".")]


def test_the_discriminator_scores_images(bank):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (70, 32, 32, 3), np.uint8)
    logits = bank.score("cat", images)
    assert logits.shape == (70,)
    assert logits.std() > 0
    np.testing.assert_allclose(bank.score(0, images[:3]), logits[:3], rtol=1e-5)
    assert not np.allclose(bank.score(1, images), logits)
    with pytest.raises(InputError, match="received one"):
        scores(keras.saving.load_model(bank.folder / "0-cat/discriminator.keras"), images, list)


@pytest.mark.slow
def test_a_discriminator_that_compares_images_scores_each_alone(tmp_path):
    config = GanConfig(steps=1, batch=8, width=4, latent=8, minibatch_stddev=True, dropout=0)
    images = np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), np.uint8)
    ganaug.train(images, config, tmp_path / "cat", class_name="cat")
    bank = Bank.assemble(tmp_path / "bank", [tmp_path / "cat"])
    whole = bank.score("cat", images)
    assert whole.shape == (10,)
    np.testing.assert_allclose(bank.score("cat", images[3:4]), whole[3:4], rtol=1e-5)


def test_another_size_is_refused(bank):
    bank.require_size(32)
    with pytest.raises(InputError, match=r"32 pixels, 64 are needed"):
        bank.require_size(64)


@pytest.mark.parametrize("label", ["bird", 2, -1])
def test_unknown_class_is_refused(bank, label):
    with pytest.raises(InputError, match=r"cat, dog/wolf"):
        bank.sample(label, 1, seed=0)


def test_broken_banks_are_refused(bank, tmp_path):
    with pytest.raises(InputError, match="not a bank"):
        Bank(tmp_path / "missing")
    (bank.folder / "0-cat/generator.keras").unlink()
    (bank.folder / "0-cat/generator.keras").write_bytes(b"half")
    with pytest.raises(InputError, match=r"cannot load .*generator.keras: .*train it again") as e:
        bank.sample(0, 1, seed=0)
    assert "\n" not in str(e.value)
    (bank.folder / "1-dog_wolf/config.json").unlink()
    with pytest.raises(InputError, match="is missing"):
        Bank(bank.folder)
    (bank.folder / "1-dog_wolf/config.json").write_text(json.dumps({"class_name": "dog"}))
    with pytest.raises(InputError, match="image_size: Field required"):
        Bank(bank.folder)


def test_a_setting_of_another_version_is_one_line(bank):
    path = bank.folder / "1-dog_wolf/config.json"
    settings = json.loads(path.read_text())
    path.unlink()  # it is a link to the trained one
    for changes, said in (({"sparkle": 3}, "sparkle=3: Extra"), ({"batch": 5}, "batch=5; mini")):
        changed = settings["config"] | {"minibatch_stddev": True} | changes
        path.write_text(json.dumps(settings | {"config": changed}))
        with pytest.raises(InputError, match=rf"{said}.*use the ganaug that trained it") as e:
            Bank(bank.folder).settings()
        assert "\n" not in str(e.value)
        assert len(str(e.value)) < 300


def test_grid_places_every_image_once():
    images = np.arange(7, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    picture = np.asarray(image_grid(images, columns=3, scale=2, gap=1, header=1))
    assert picture.shape == (3 * 17 + 1 + 3, 3 * 17 + 1, 3)
    for value in range(7):
        assert (picture == value).all(axis=2).sum() == 16 * 16


def test_images_are_saved_as_npz_too(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    assert save_images(images, tmp_path / "some.npz") == [tmp_path / "some.npz"]
    assert (np.load(tmp_path / "some.npz")["images"] == images).all()
    with pytest.raises(InputError, match="uint8"):
        save_images(images / 255, tmp_path / "bad.npz")
