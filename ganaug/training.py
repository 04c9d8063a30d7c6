"""Train the generator of one class into a folder."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from math import gcd
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ganaug.callbacks import DrawGrid, RecordHistory, ReportProgress, SaveCheckpoint, draw_grid
from ganaug.checkpoint import check_same, load_arrays, load_checkpoint, save_checkpoint
from ganaug.config import GanConfig
from ganaug.errors import InputError
from ganaug.files import read_json, replacing, write_json
from ganaug.grids import check_images, save_picture
from ganaug.guards import Collapsed, KeepBest, WatchForCollapse
from ganaug.model import GAN
from ganaug.networks import check_size
from ganaug.record import History, Record, Restart
from ganaug.stream import batches

MIN_IMAGES = 8
TICK = 50
"""Steps between points of the history, at most."""
MAX_STEPS_PER_EXECUTION = 10
"""Steps a call of the compiled function, at most; Ctrl-C waits for the call to end."""
_log = logging.getLogger(__name__)


def train(
    images: np.ndarray,
    config: GanConfig,
    folder: Path,
    *,
    class_name: str,
    progress: Callable[[int, int], None] | None = None,
    backbone: Callable[[], keras.Model] | None = None,
    quality: Callable[[np.ndarray], float] | None = None,
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
        Gets ``generator.keras``, ``config.json``, ``history.json``, ``record.json`` (measurements,
        the step that was kept, restarts), ``grid.png`` and ``grids/``.
    class_name
        Written to ``config.json``; a :class:`ganaug.Bank` knows the generator by it.
    progress
        Called with (steps done, steps in all).
    backbone
        Makes the network of a projected discriminator, see :class:`ganaug.model.GAN`.
    quality
        Measures uint8 samples ``[N, size, size, 3]``, lower is better; the generator that measured
        best is kept. Without it the last one is.

    Returns
    -------
    dict
        Curves by name, as in :data:`ganaug.model.CURVES`; `step` holds the step of each point.

    Raises
    ------
    InputError
        Unfit images, a folder that holds another training, or a training that broke down.
    """
    settings = describe(images, config, class_name)
    marker = folder / "config.json"
    if marker.exists():
        check_same(marker, read_json(marker), settings)
        history: History = read_json(folder / "history.json")
        return history
    gan = GAN(settings["image_size"], config, backbone)
    if gan.lens is not None:
        gan.lens.calibrate(images)
    training = _Training(gan, images, folder, settings, progress, quality)
    return training.run().history


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


class _Training:
    """One run of :func:`train`, from the last checkpoint to the finished folder."""

    def __init__(
        self,
        gan: GAN,
        images: np.ndarray,
        folder: Path,
        settings: dict[str, Any],
        progress: Callable[[int, int], None] | None,
        quality: Callable[[np.ndarray], float] | None,
    ) -> None:
        self.gan = gan
        self.config: GanConfig = gan.config
        self.images = images
        self.folder = folder
        self.settings = settings
        self.progress = progress
        self.quality = quality
        self.checkpoint = folder / "checkpoint.npz"
        self.best = folder / "best.npz"
        every = [self.config.grid_every, self.config.checkpoint_every]
        self.tick = gcd(TICK, *every, self.config.quality_every if quality else 0)

    def run(self) -> Record:
        """Train to the end, however often it collapses on the way."""
        per_call = max(n for n in range(1, MAX_STEPS_PER_EXECUTION + 1) if self.tick % n == 0)
        self.gan.compile_adam(steps_per_execution=per_call, jit_compile=_use_xla())
        if not self.checkpoint.exists():
            save_checkpoint(self.checkpoint, self.gan, self.settings, Record())
        record = self._load()
        while not self._finished(record):
            try:
                self._fit(record)
            except Collapsed as collapse:
                record = self._go_back(collapse)
        self._write_results(record)
        return record

    def _load(self) -> Record:
        return load_checkpoint(self.checkpoint, self.gan, self.settings)

    @property
    def _step(self) -> int:
        return int(self.gan.step.numpy())

    def _finished(self, record: Record) -> bool:
        step = self._step
        given_up = len(record.restarts) > self.config.restarts
        return step >= self.config.steps or given_up or record.stalled(step, self.config.patience)

    def _fit(self, record: Record) -> None:
        """Run the steps that are left: whole ticks, or what remains after them."""
        start, left = self._step, self.config.steps - self._step
        length = min(self.tick, left)
        stop = start + left // length * length
        data = batches(
            self.images,
            self.config.batch,
            start,
            stop,
            flip=self.config.flip,
            seed=[self.config.seed, len(record.restarts)],
        )
        self.gan.fit(
            data,
            epochs=left // length,
            steps_per_epoch=length,
            shuffle=False,
            callbacks=self._callbacks(record),
            verbose=0,
        )

    def _callbacks(self, record: Record) -> list[keras.callbacks.Callback]:
        """Return them in their order: what the checkpoint holds must be there before it."""
        config, total = self.config, self.config.steps
        callbacks = [RecordHistory(1, total, record), WatchForCollapse(config, record)]
        if self.quality:
            callbacks.append(KeepBest(config, record, self.best, self.quality))
        callbacks.append(DrawGrid(config.grid_every or total, total, self.images, self.folder))
        save = partial(save_checkpoint, self.checkpoint, settings=self.settings, record=record)
        callbacks.append(SaveCheckpoint(config.checkpoint_every, total, save))
        if self.progress:
            callbacks.append(ReportProgress(1, total, self.progress))
        return callbacks

    def _go_back(self, collapse: Collapsed) -> Record:
        """Restore the last good checkpoint, with new random numbers from there on.

        Raises
        ------
        InputError
            There is none but the start, and no restart is left.
        """
        record = self._load()
        name = self.settings["class_name"]
        if len(record.restarts) >= self.config.restarts and not self._step:
            raise InputError(
                f"training of class {name!r} broke down at {collapse} "
                f"({len(record.restarts)} restarts); lower learning_rate or choose another seed"
            )
        record.restarts.append(Restart(collapse.step, collapse.reason, self._step))
        _log.warning("class %s broke down at %s; back to step %d", name, collapse, self._step)
        self.gan.reseed(self.config.seed + 1_000 * len(record.restarts))
        save_checkpoint(self.checkpoint, self.gan, self.settings, record)
        return record

    def _write_results(self, record: Record) -> None:
        """Write the results; ``config.json`` comes last, because its presence says finished."""
        kept = self._step
        if record.best:
            kept = record.best[0]
            self.gan.sampler.set_weights(load_arrays(self.best)[0])
        with replacing(self.folder / "generator.keras") as part:
            self.gan.sampler.save(part)
        save_picture(draw_grid(self.gan, self.images), self.folder / "grid.png")
        write_json(self.folder / "history.json", record.history)
        facts = asdict(record) | {"kept_step": kept}
        write_json(self.folder / "record.json", {k: facts[k] for k in facts if k != "history"})
        versions = {name: version(name) for name in ("keras", "numpy")}
        write_json(self.folder / "config.json", self.settings | {"versions": versions})
        self.checkpoint.unlink(missing_ok=True)
        self.best.unlink(missing_ok=True)


def _use_xla() -> bool:
    """XLA suits a GPU and is all that JAX has; on a CPU it makes TensorFlow 40 times slower."""
    return keras.backend.backend() == "jax" or bool(keras.distribution.list_devices("gpu"))
