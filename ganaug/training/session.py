"""Run a training: resume it, guard it, and end with the generator to keep."""

import logging
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from math import gcd
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ganaug.arrays import spread
from ganaug.config import GanConfig
from ganaug.device import dtype_policy, use_xla
from ganaug.errors import InputError
from ganaug.model.gan import GAN
from ganaug.training.batches import batches
from ganaug.training.callbacks import (
    GRID_COLUMNS,
    DrawGrid,
    RecordHistory,
    ReportProgress,
    SaveCheckpoint,
)
from ganaug.training.checkpoint import NAME, load_arrays, load_checkpoint, save_checkpoint
from ganaug.training.guards import Collapsed, KeepBest, WatchForCollapse, best_file
from ganaug.training.record import Record, Restart, write_record
from groundwork.compute import float32_copy, steps_per_execution
from groundwork.files import write_json

TICK = 50
"""Steps between points of the history, at most."""
MAX_STEPS_PER_EXECUTION = 10
"""Steps a call of the compiled function, at most; Ctrl-C waits for the call to end."""
_log = logging.getLogger(__name__)


class Session:
    """One training, from the last checkpoint to the generator that is kept.

    Parameters
    ----------
    gan
        Not yet compiled.
    images, labels
        uint8 ``[N, size, size, 3]``, and int ``[N]`` for a class-conditional GAN.
    folder
        Gets the checkpoint and the grids.
    settings
        Identifies the training; a checkpoint of another one is refused.
    progress, quality
        As in :func:`ganaug.train`.
    started
        When this process began, by `time.perf_counter`; now if not given.
    """

    def __init__(
        self,
        gan: GAN,
        images: np.ndarray,
        labels: np.ndarray | None,
        folder: Path,
        settings: dict[str, Any],
        progress: Callable[[int, int], None] | None,
        quality: Callable[[np.ndarray], float] | None,
        started: float | None = None,
    ) -> None:
        self.gan = gan
        self.config: GanConfig = gan.config
        self.images = images
        self.labels = labels
        self.folder = folder
        self.settings = settings
        self.progress = progress
        self.quality = quality
        self.started = time.perf_counter() if started is None else started
        self.checkpoint = folder / NAME
        every = [self.config.grid_every, self.config.checkpoint_every]
        self.tick = gcd(TICK, *every, self.config.quality_every if quality else 0)

    def run(self) -> Record:
        """Train to the end, however often it collapses; the sampler then is what to keep."""
        per_call = steps_per_execution(self.tick, MAX_STEPS_PER_EXECUTION)
        self.gan.compile_adam(steps_per_execution=per_call, jit_compile=use_xla())
        if self.checkpoint.exists():
            record = self._load()
            self.started -= record.seconds  # the processes before this one count too
        else:
            record = Record()
            self._save(self.gan, record)
        while not self._finished(record):
            try:
                self._fit(record)
            except Collapsed as collapse:
                record = self._go_back(collapse)
        record.kept_step = self._keep(record)
        return record

    def _load(self) -> Record:
        return load_checkpoint(self.checkpoint, self.gan, self.settings)

    def _save(self, gan: GAN, record: Record) -> None:
        """Write the checkpoint; from then on only its own best generator is ever asked for."""
        record.seconds = time.perf_counter() - self.started
        save_checkpoint(self.checkpoint, gan, self.settings, record)
        self._forget_best(but=record.best[0] if record.best else None)

    def _forget_best(self, but: int | None = None) -> None:
        for path in self.folder.glob("best-*.npz"):
            if but is None or path != best_file(self.folder, but):
                path.unlink(missing_ok=True)

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
            self.labels,
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
        watch = WatchForCollapse(config, record, self.settings["class_name"])
        callbacks = [RecordHistory(1, total, record), watch]
        if self.quality:
            callbacks.append(KeepBest(config, record, self.folder, self.quality))
        callbacks.append(DrawGrid(config.grid_every or total, total, self.shown(), self.folder))
        save = partial(self._save, record=record)
        callbacks.append(SaveCheckpoint(config, record, save))
        if self.progress:
            callbacks.append(ReportProgress(1, total, self.progress))
        return callbacks

    def shown(self) -> np.ndarray:
        """Return the real images above the grids, one class after the other as the samples are."""
        if self.labels is None:
            return self.images[spread(GRID_COLUMNS, len(self.images))]
        classes = self.gan.classes
        by_class = [np.flatnonzero(self.labels == label) for label in range(classes)]
        rows = min(max(1, GRID_COLUMNS // classes), *map(len, by_class))
        columns = rows * classes
        return self.images[[by_class[i % classes][i // classes] for i in range(columns)]]

    def _go_back(self, collapse: Collapsed) -> Record:
        """Restore the last good checkpoint, with new random numbers from there on.

        Raises
        ------
        InputError
            There is none but the start, and no restart is left.
        """
        record = self._load()
        name = self.settings["class_name"]
        if not record.may_restart(self.config.restarts) and not self._step:
            raise InputError(
                f"training of class {name!r} broke down at {collapse} "
                f"({len(record.restarts)} restarts); lower learning_rate or choose another seed"
            )
        record.restarts.append(Restart(collapse.step, collapse.reason, self._step))
        _log.warning("class %s broke down at %s; back to step %d", name, collapse, self._step)
        self.gan.reseed(self.config.seed + 1_000 * len(record.restarts))
        self._save(self.gan, record)
        return record

    def _keep(self, record: Record) -> int:
        """Make the sampler the one to keep: in float32, of the best measurement if there was any.

        Returns its step.
        """
        if record.best:
            step = record.best[0]
            weights, _ = load_arrays(best_file(self.folder, step), self.checkpoint)
            self.gan.sampler.set_weights(weights)
            self.gan.step.assign(step)
        self.gan.recalibrate_batch_norm()
        if self.gan.ema is None:
            self.gan.sampler = float32_copy(self.gan.sampler)
        return self._step

    def finish(self, record: Record) -> None:
        """Write the record and, last, ``config.json``: its presence says finished."""
        record.seconds = time.perf_counter() - self.started
        write_record(self.folder, record)
        write_json(self.folder / "config.json", self.settings | provenance(self.config))
        self.checkpoint.unlink(missing_ok=True)
        self._forget_best()


def provenance(config: GanConfig) -> dict[str, Any]:
    """Return what decides the numbers besides the settings; no part of a training's identity."""
    versions = {name: version(name) for name in ("keras", "numpy")}
    return {"versions": versions, "computed_in": dtype_policy(config)}
