import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import ganaug
from ganaug import GanConfig, InputError
from ganaug.model.gan import GAN, RECALIBRATION_LATENTS
from ganaug.networks.common import check_size, stage_channels
from ganaug.training.batches import batches
from ganaug.training.checkpoint import load_checkpoint, save_checkpoint
from ganaug.training.record import Record
from groundwork.files import read_json, write_json

TINY = GanConfig(steps=6, batch=8, width=4, latent=8, grid_every=3, checkpoint_every=2)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def trained(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gan") / "class"
    seen = []
    record = ganaug.train(
        images, TINY, folder, class_name="noise", progress=lambda *at: seen.append(at)
    )
    return folder, record, seen


def weights(folder):
    return keras.saving.load_model(folder / "generator.keras", safe_mode=True).get_weights()


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


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


def test_a_finished_folder_is_not_trained_again(trained, images):
    folder, record, _ = trained
    before = (folder / "generator.keras").stat().st_mtime_ns
    assert ganaug.train(images, TINY, folder, class_name="noise") == record
    assert (folder / "generator.keras").stat().st_mtime_ns == before
    other = TINY.model_copy(update={"width": 8})
    with pytest.raises(InputError, match=r"made with width=4, now 8 .*choose another folder"):
        ganaug.train(images, other, folder, class_name="noise")


def test_seed_decides_the_weights(trained, images, tmp_path):
    folder, _, _ = trained
    ganaug.train(images, TINY, tmp_path / "again", class_name="noise")
    assert same(weights(folder), weights(tmp_path / "again"))
    other = TINY.model_copy(update={"seed": 1})
    ganaug.train(images, other, tmp_path / "other", class_name="noise")
    assert not same(weights(folder), weights(tmp_path / "other"))


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np, ganaug
images = np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), np.uint8)
config = ganaug.GanConfig.model_validate_json(sys.argv[2])
def kill(step, total):
    if step == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
quality = (lambda samples: float(samples.std())) if config.judge else None
ganaug.train(
    images, config, Path(sys.argv[1]), class_name="noise", progress=kill, quality=quality
)
"""


def run_python(code, *args):
    root = Path(ganaug.__file__).parents[1]
    env = os.environ | {"PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], env=env, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("options", "killed_at", "resumed_at"),
    [
        ({}, 4, 5),  # right after a checkpoint
        ({"lecam_weight": 0.3, "ada_target": 0.6, "judge": "mean", "quality_every": 1}, 5, 5),
    ],
)
def test_killed_and_resumed_training_ends_bit_for_bit_the_same(
    options, killed_at, resumed_at, images, tmp_path
):
    config = GanConfig.model_validate(TINY.model_dump() | options)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    quality = (lambda samples: float(samples.std())) if config.judge else None  # grows at first
    record = ganaug.train(images, config, whole, class_name="noise", quality=quality)
    killed = run_python(KILLED, cut, config.model_dump_json(), killed_at)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (cut / "config.json").exists()
    seen = []
    resumed = ganaug.train(
        images,
        config,
        cut,
        class_name="noise",
        progress=lambda step, _: seen.append(step),
        quality=quality,
    )
    assert seen[0] == resumed_at
    assert resumed.history == record.history
    assert same(weights(whole), weights(cut))
    assert (whole / "grid.png").read_bytes() == (cut / "grid.png").read_bytes()
    records = [read_json(folder / "record.json") | {"seconds": 0} for folder in (whole, cut)]
    assert records[0] == records[1]
    assert not config.judge or records[0]["kept_step"] < killed_at


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


def test_parts_of_killed_processes_are_removed(tmp_path):
    dead = run_python("import os; print(os.getpid())")
    here, dead_pid = socket.gethostname(), dead.stdout.strip()
    part, other, mine, elsewhere = (
        tmp_path / f".{host}-{pid}-{name}"
        for host, pid, name in (
            (here, dead_pid, "a.json"),
            (here, dead_pid, "b.json"),
            (here, "1", "a.json"),
            ("elsewhere", dead_pid, "a.json"),
        )
    )
    for path in (part, other, mine, elsewhere):
        path.touch()
    write_json(tmp_path / "a.json", {})
    assert sorted(tmp_path.iterdir()) == sorted([other, mine, elsewhere, tmp_path / "a.json"])


def test_plain_dcgan_of_study_p(images, tmp_path):
    config = GanConfig(augment="", ema_half_life=0, flip=False, steps=2, width=4, batch=8)
    gan = GAN(32, config)
    assert gan.sampler is gan.generator
    ganaug.train(images, config, tmp_path / "plain", class_name="noise")
    assert (tmp_path / "plain" / "generator.keras").exists()


@pytest.mark.parametrize("half_life", [0, 500])
def test_what_is_kept_of_half_precision_computes_in_float32(half_life, images, tmp_path):
    config = TINY.model_copy(update={"precision": "mixed_bfloat16", "ema_half_life": half_life})
    folder = tmp_path / "0-noise"
    ganaug.train(images, config, folder, class_name="noise")
    for name in ("generator", "discriminator"):
        network = keras.saving.load_model(folder / f"{name}.keras", safe_mode=True)
        layers = [layer for layer in network._flatten_layers() if layer.weights]
        assert {layer.compute_dtype for layer in layers} == {"float32"}
    assert read_json(folder / "config.json")["computed_in"] == "mixed_bfloat16"


def test_both_networks_learn_and_neither_loss_moves_the_other(images):
    gan = GAN(32, TINY.model_copy(update={"ema_half_life": 0}))
    gan.compile_adam(run_eagerly=True)
    before = [v.numpy() for v in gan.trainable_variables]
    gan.fit(images, batch_size=8, verbose=0)
    after = [v.numpy() for v in gan.trainable_variables]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_average_starts_as_a_copy_and_lags(images):
    gan = GAN(32, TINY)
    gan.compile_adam(run_eagerly=True)
    assert same(gan.sampler.get_weights(), gan.generator.get_weights())
    gan.step.assign(1000)
    before = [v.numpy() for v in gan.generator.trainable_variables]
    gan.fit(images, batch_size=5, epochs=3, verbose=0)
    start, mean, now = before[0], gan.sampler.layers[1].kernel.numpy(), None
    now = gan.generator.layers[1].kernel.numpy()
    assert 0 < np.abs(mean - start).mean() < 0.5 * np.abs(now - start).mean()


def test_average_is_normalised_by_its_own_statistics():
    gan = GAN(32, TINY)
    rng = np.random.default_rng(0)
    for v in gan.sampler.variables:
        v.assign(rng.standard_normal(v.shape) if v.ndim > 1 else v)
    before = gan.sampler.get_weights()
    gan.recalibrate_batch_norm()
    _, dense, _, norm, *_ = gan.sampler.layers
    latents = gan._latents(RECALIBRATION_LATENTS, [TINY.seed, 3])
    seen = dense(latents).numpy().reshape(-1, norm.moving_mean.shape[0])
    np.testing.assert_allclose(norm.moving_mean.numpy(), seen.mean(axis=0), atol=1e-3)
    # Each pass varies about its own mean, as a batch of the training does.
    np.testing.assert_allclose(norm.moving_variance.numpy(), seen.var(axis=0), rtol=0.02)
    settled = gan.sampler.get_weights()
    kernels = [[w for w in weights if w.ndim > 1] for weights in (before, settled)]
    assert same(*kernels)
    norm.moving_mean.assign(7 + norm.moving_mean)
    gan.recalibrate_batch_norm()
    assert same(gan.sampler.get_weights(), settled)
    assert not gan.sampler.trainable_variables
    assert {n.momentum for n in gan.sampler.layers if hasattr(n, "momentum")} == {0.9}


def test_stream_is_balanced_and_a_function_of_the_step(images):
    whole = np.concatenate(list(batches(images, None, 8, 0, 10, flip=False, seed=[1])))
    tail = np.concatenate(list(batches(images, None, 8, 6, 10, flip=False, seed=[1])))
    assert (whole[48:] == tail).all()
    counts = [(whole == image).all(axis=(1, 2, 3)).sum() for image in images]
    assert counts == [8] * 10
    doubled = np.concatenate(list(batches(images, None, 10, 0, 2, flip=True, seed=[1])))
    assert {i.tobytes() for i in doubled} == {
        i.tobytes() for i in np.concatenate([images, images[:, :, ::-1]])
    }


@pytest.mark.parametrize("size", range(32, 129, 8))
def test_networks_fit_every_size(size):
    config = GanConfig(width=4, latent=4)
    assert 4 <= size >> len(stage_channels(size, 4)) < 16
    gan = GAN(size, config)
    assert gan.generator.output_shape == (None, size, size, 3)
    assert gan.discriminator.output_shape == (None, 1)


@pytest.mark.parametrize("shape", [(28, 28), (36, 36), (136, 136), (32, 40)])
def test_unfit_sizes_are_refused(shape):
    with pytest.raises(InputError, match="multiple of 8 from 32 to 128"):
        check_size(*shape)


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
