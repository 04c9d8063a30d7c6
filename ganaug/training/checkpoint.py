"""Checkpoints that hold everything, so that a resumed training is the uninterrupted one.

A checkpoint is one ``.npz`` of plain arrays: every variable of the model (both networks, the
average, random states, step, augmentation probability, anchors of regularisers), both optimisers,
and the record with its best measurement.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ganaug.config import GanConfig
from ganaug.device import dtype_policy
from ganaug.errors import InputError
from ganaug.model.gan import GAN
from ganaug.training.record import Record, as_record
from groundwork.files import replacing
from groundwork.npz import read_npz

NAME = "checkpoint.npz"
VERSION = 2


def state_of(gan: GAN) -> list[keras.Variable]:
    """Return every variable that training changes, in a fixed order."""
    frozen = (
        set() if gan.feature_network is None else {id(v) for v in gan.feature_network.variables}
    )
    variables = [*gan.variables, *gan.optimizer.variables]
    return list({id(v): v for v in variables if id(v) not in frozen}.values())


def save_checkpoint(path: Path, gan: GAN, settings: dict[str, Any], record: Record) -> None:
    """Write the whole state of a training, atomically."""
    meta = {"version": VERSION, "settings": settings, "record": asdict(record)}
    meta["computed_in"] = dtype_policy(gan.config)
    save_arrays(path, [v.numpy() for v in state_of(gan)], meta)


def load_checkpoint(path: Path, gan: GAN, settings: dict[str, Any]) -> Record:
    """Restore the state that :func:`save_checkpoint` wrote into `gan`; return the record.

    Raises
    ------
    InputError
        The file is truncated, of another version of ganaug, or of other settings.
    """
    arrays, meta = load_arrays(path)
    if meta["version"] != VERSION:
        raise InputError(
            f"{path} has checkpoint version {meta['version']}, this ganaug reads {VERSION}; "
            "delete it to train from the start, or resume with the ganaug that wrote it"
        )
    check_same(path, meta["settings"], settings)
    variables = state_of(gan)
    if [a.shape for a in arrays] != [tuple(v.shape) for v in variables]:
        raise InputError(f"{path} holds other networks; delete it to train from the start")
    for v, array in zip(variables, arrays, strict=True):
        v.assign(array)
    return as_record(meta["record"])


def in_its_precision(folder: Path, config: GanConfig) -> GanConfig:
    """Return the settings of a training with the precision of its checkpoint, if there is one.

    What ``precision="auto"`` means differs between machines, and one may go on where another left.
    """
    path = folder / NAME
    if not path.exists():
        return config
    _, meta = load_arrays(path)
    return config.model_copy(update={"precision": meta.get("computed_in", config.precision)})


def save_arrays(path: Path, arrays: list[np.ndarray], meta: Any = None) -> None:
    """Write a list of arrays and what JSON can hold as one ``.npz``, atomically."""
    named: dict[str, Any] = {f"{i:05d}": array for i, array in enumerate(arrays)}
    with replacing(path) as part:
        np.savez(part, meta=np.array(json.dumps(meta)), **named)


def load_arrays(path: Path, checkpoint: Path | None = None) -> tuple[list[np.ndarray], Any]:
    """Read what :func:`save_arrays` wrote.

    Raises
    ------
    InputError
        The file is missing, truncated or something else; it tells to delete `checkpoint`, if that
        is another file.
    """
    try:
        arrays = read_npz(path)
        meta = json.loads(str(arrays.pop("meta")))
        return [arrays[f"{i:05d}"] for i in range(len(arrays))], meta
    except (ValueError, KeyError, RecursionError) as error:
        raise InputError(
            f"{path} is not a whole checkpoint ({error}); "
            f"delete {checkpoint or 'it'} to train from the start"
        ) from error


def check_same(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise InputError, naming the first difference, if a file is of other settings."""
    found, wanted = (s | s.get("config", {}) for s in (found, wanted))
    for key in wanted:
        if key != "config" and found.get(key) != wanted[key]:
            raise InputError(
                f"{path} was made with {key}={found.get(key)!r}, now {wanted[key]!r} is asked "
                "for; choose another folder or delete this one"
            )
