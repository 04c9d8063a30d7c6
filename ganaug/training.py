"""Train the generator of one class into a folder."""

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from math import gcd
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ganaug.callbacks import DrawGrid, RecordHistory, ReportProgress, SaveCheckpoint
from ganaug.checkpoint import History, check_same, load_checkpoint
from ganaug.config import GanConfig
from ganaug.errors import InputError
from ganaug.files import read_json, replacing, write_json
from ganaug.grids import check_images
from ganaug.model import GAN
from ganaug.networks import check_size
from ganaug.stream import batches

MIN_IMAGES = 8
TICK = 50
"""Steps between points of the history, at most."""
MAX_STEPS_PER_EXECUTION = 10
"""Steps a call of the compiled function, at most; Ctrl-C waits for the call to end."""


def train(
    images: np.ndarray,
    config: GanConfig,
    folder: Path,
    *,
    class_name: str,
    progress: Callable[[int, int], None] | None = None,
    backbone: Callable[[], keras.Model] | None = None,
) -> History:
    """Train a GAN on the images of one class.

    A finished folder is not trained again; an interrupted one goes on from its last checkpoint
    and ends with the weights that an uninterrupted training would have.

    Parameters
    ----------
    images
        uint8 ``[N, size, size, 3]``, at least 8 different ones; size a multiple of 8, 32 to 128.
    config
        Every setting.
    folder
        Gets ``generator.keras``, ``config.json``, ``history.json``, ``grid.png``, ``grids/``.
    class_name
        Written to ``config.json``; a :class:`ganaug.Bank` knows the generator by it.
    progress
        Called with (steps done, steps in all).
    backbone
        Makes the network of a projected discriminator, see :class:`ganaug.model.GAN`.

    Returns
    -------
    dict
        Curves by name, `step` first; `d_real` and `d_fake` are the mean logits of the
        discriminator.

    Raises
    ------
    InputError
        Unfit images, or a folder that holds another training.
    """
    settings = describe(images, config, class_name)
    marker = folder / "config.json"
    if marker.exists():
        check_same(marker, read_json(marker), settings)
        finished: History = read_json(folder / "history.json")
        return finished
    gan = GAN(settings["image_size"], config, backbone)
    tick = gcd(TICK, config.grid_every, config.checkpoint_every)
    per_call = max(n for n in range(1, MAX_STEPS_PER_EXECUTION + 1) if tick % n == 0)
    gan.compile_adam(steps_per_execution=per_call, jit_compile=_use_xla())
    checkpoint = folder / "checkpoint.npz"
    history = load_checkpoint(checkpoint, gan, settings) if checkpoint.exists() else {}
    total = config.steps
    callbacks = [
        RecordHistory(1, total, history),
        DrawGrid(config.grid_every or total, total, images, folder, config.seed),
        SaveCheckpoint(config.checkpoint_every, total, checkpoint, settings, history),
    ]
    if progress:
        callbacks.append(ReportProgress(1, total, progress))
    _fit(gan, images, tick, callbacks)
    _finish(folder, gan, settings, history)
    checkpoint.unlink(missing_ok=True)
    return history


def describe(images: np.ndarray, config: GanConfig, class_name: str) -> dict[str, Any]:
    """Return what identifies a training, after checking the images.

    Raises
    ------
    InputError
        Too few images, all equal, or of an unfit shape.
    """
    check_images(images)
    size = check_size(*images.shape[1:3])
    if len(images) < MIN_IMAGES:
        raise InputError(
            f"class {class_name!r} has {len(images)} images; a GAN needs at least {MIN_IMAGES}"
        )
    if (images == images[0]).all():
        raise InputError(
            f"all {len(images)} images of class {class_name!r} are equal; pass different ones"
        )
    return {
        "class_name": class_name,
        "image_size": size,
        "images": len(images),
        "images_sha256": hashlib.sha256(images.tobytes()).hexdigest(),
        "config": config.model_dump(),
    }


def _use_xla() -> bool:
    """XLA suits a GPU and is all that JAX has; on a CPU it makes TensorFlow 40 times slower."""
    return keras.backend.backend() == "jax" or bool(keras.distribution.list_devices("gpu"))


def _fit(gan: GAN, images: np.ndarray, tick: int, callbacks: list[Any]) -> None:
    """Run the steps that are left: whole ticks, then what remains."""
    total = gan.config.steps
    while (start := int(gan.step.numpy())) < total:
        length = tick if total - start >= tick else total - start
        epochs = (total - start) // length
        data = batches(
            images,
            gan.config.batch,
            start,
            start + epochs * length,
            flip=gan.config.flip,
            seed=gan.config.seed,
        )
        gan.fit(
            data,
            epochs=epochs,
            steps_per_epoch=length,
            shuffle=False,
            callbacks=callbacks,
            verbose=0,
        )


def _finish(folder: Path, gan: GAN, settings: dict[str, Any], history: History) -> None:
    """Write the results; ``config.json`` comes last, because its presence says finished."""
    with replacing(folder / "generator.keras") as part:
        gan.sampler.save(part)
    write_json(folder / "history.json", history)
    versions = {name: version(name) for name in ("keras", "numpy")}
    write_json(folder / "config.json", settings | {"versions": versions})
