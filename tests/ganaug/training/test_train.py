"""Trainings: whole, decided by their seed, and the same after an interruption."""

import numpy as np
import pytest

import ganaug
from ganaug import GanConfig, InputError
from ganaug.model.gan import GAN
from groundwork.files import read_json
from tests.ganaug.tiny import TINY, same, weights


@pytest.fixture(scope="module")
def trained(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gan") / "class"
    seen = []
    record = ganaug.train(
        images, TINY, folder, class_name="noise", progress=lambda *at: seen.append(at)
    )
    return folder, record, seen


@pytest.mark.slow
def test_training_leaves_a_whole_folder(trained):
    folder, record, seen = trained
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*")) == [
        "config.json",
        "discriminator.keras",
        "generator.keras",
        "grid.png",
        "grids/step-00003.png",
        "grids/step-00006.png",
        "history.json",
        "interpolation.png",
        "record.json",
        "timelapse.gif",
    ]
    assert seen[-1] == (6, 6)
    assert record.history["step"][-1] == 6
    assert all(np.isfinite(record.history["d_loss"] + record.history["g_loss"]))


@pytest.mark.slow
def test_a_finished_folder_is_not_trained_again(trained, images):
    folder, record, _ = trained
    before = (folder / "generator.keras").stat().st_mtime_ns
    assert ganaug.train(images, TINY, folder, class_name="noise") == record
    assert (folder / "generator.keras").stat().st_mtime_ns == before
    other = TINY.model_copy(update={"width": 8})
    with pytest.raises(InputError, match=r"made with width=4, now 8 .*choose another folder"):
        ganaug.train(images, other, folder, class_name="noise")


@pytest.mark.slow
def test_seed_decides_the_weights(trained, images, tmp_path):
    folder, _, _ = trained
    ganaug.train(images, TINY, tmp_path / "again", class_name="noise")
    assert same(weights(folder), weights(tmp_path / "again"))
    other = TINY.model_copy(update={"seed": 1})
    ganaug.train(images, other, tmp_path / "other", class_name="noise")
    assert not same(weights(folder), weights(tmp_path / "other"))


@pytest.mark.slow
def test_a_training_goes_on_in_the_precision_that_it_began_in(images, tmp_path, monkeypatch):
    def train(folder, *flags, stop_at=None):
        def stop(step, total):
            if step == stop_at:
                raise KeyboardInterrupt

        monkeypatch.setattr("ganaug.device.cpu_flags", lambda: frozenset(flags))
        ganaug.train(images, TINY, tmp_path / folder, class_name="noise", progress=stop)

    train("whole")
    with pytest.raises(KeyboardInterrupt):
        train("moved", stop_at=4)
    train("moved", "avx512_bf16")
    assert read_json(tmp_path / "moved" / "config.json")["computed_in"] == "float32"
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "moved"))


@pytest.mark.slow
def test_plain_dcgan_of_study_p(images, tmp_path):
    config = GanConfig(augment="", ema_half_life=0, flip=False, steps=2, width=4, batch=8)
    gan = GAN(32, config)
    assert gan.sampler is gan.generator
    ganaug.train(images, config, tmp_path / "plain", class_name="noise")
    assert (tmp_path / "plain" / "generator.keras").exists()


def test_unfit_classes_are_refused(images, tmp_path):
    for bad, message in (
        (images[:7], "has 7 images, 7 of them different; a GAN needs at least 8"),
        (np.repeat(images[:1], 20, axis=0), "has 20 images, 1 of them different"),
        (np.concatenate([images[:7], images[:7]]), "has 14 images, 7 of them different"),
        (images.astype(np.float32), "uint8"),
    ):
        with pytest.raises(InputError, match=message):
            ganaug.train(bad, TINY, tmp_path / "bad", class_name="noise")
    assert not (tmp_path / "bad").exists()
