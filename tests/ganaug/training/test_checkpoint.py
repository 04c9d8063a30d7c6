"""Checkpoints: only whole ones, of this training."""

import errno
import os

import numpy as np
import pytest

import ganaug
from ganaug import InputError
from ganaug.model.gan import GAN
from ganaug.training.checkpoint import load_checkpoint, save_checkpoint
from ganaug.training.record import Record
from tests.ganaug.tiny import TINY


def test_bad_checkpoints_are_refused(tmp_path):
    gan = GAN(32, TINY)
    gan.compile_adam(jit_compile=False)
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, gan, {"images": 10}, Record())
    with pytest.raises(InputError, match="images=10, now 11"):
        load_checkpoint(path, gan, {"images": 11})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a whole checkpoint"):
        load_checkpoint(path, gan, {"images": 10})


def test_a_checkpoint_of_another_version_is_refused(tmp_path, monkeypatch):
    gan = GAN(32, TINY)
    gan.compile_adam(jit_compile=False)
    path = tmp_path / "checkpoint.npz"
    monkeypatch.setattr("ganaug.training.checkpoint.VERSION", 0)
    save_checkpoint(path, gan, {}, Record())
    monkeypatch.undo()
    with pytest.raises(InputError, match="version 0"):
        load_checkpoint(path, gan, {})


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_loses_no_checkpoint(images, tmp_path, monkeypatch):
    config = TINY.model_copy(update={"checkpoint_every": 3})
    written = np.savez

    def full(path, **arrays):
        if len(list(tmp_path.glob("checkpoint.npz"))):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written(path, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left .*free the disk"):
        ganaug.train(images, config, tmp_path, class_name="noise")
    assert (tmp_path / "checkpoint.npz").exists()
    monkeypatch.undo()
    ganaug.train(images, config, tmp_path, class_name="noise")
    assert (tmp_path / "generator.keras").exists()
