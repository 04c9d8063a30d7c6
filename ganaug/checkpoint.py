"""Checkpoints that hold everything, so that a resumed training is the uninterrupted one.

A checkpoint is one ``.npz`` of plain arrays: every variable of the model (both networks, the
average, random states, step, augmentation probability), both optimisers, and the history.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ganaug.errors import InputError
from ganaug.files import replacing
from ganaug.model import GAN

VERSION = 1
History = dict[str, list[float]]


def state_of(gan: GAN) -> list[keras.Variable]:
    """Return every variable that training changes, in a fixed order."""
    unique = {id(v): v for v in [*gan.variables, *gan.optimizer.variables]}
    return list(unique.values())


def save_checkpoint(path: Path, gan: GAN, settings: dict[str, Any], history: History) -> None:
    """Write the whole state of a training, atomically."""
    meta = {"version": VERSION, "settings": settings, "history": history}
    arrays = {f"{i:05d}": v.numpy() for i, v in enumerate(state_of(gan))}
    with replacing(path) as part:
        np.savez(part, meta=np.array(json.dumps(meta)), **arrays)


def load_checkpoint(path: Path, gan: GAN, settings: dict[str, Any]) -> History:
    """Restore the state that :func:`save_checkpoint` wrote into `gan`; return the history.

    Raises
    ------
    InputError
        The file is truncated, of another version of ganaug, or of other settings.
    """
    variables = state_of(gan)
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            arrays = [file[f"{i:05d}"] for i in range(len(file.files) - 1)]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is not a whole checkpoint ({error}); delete it to train from the start"
        ) from error
    if meta["version"] != VERSION:
        raise InputError(
            f"{path} has checkpoint version {meta['version']}, this ganaug reads {VERSION}; "
            "delete it to train from the start, or resume with the ganaug that wrote it"
        )
    check_same(path, meta["settings"], settings)
    if [a.shape for a in arrays] != [tuple(v.shape) for v in variables]:
        raise InputError(f"{path} holds other networks; delete it to train from the start")
    for v, array in zip(variables, arrays, strict=True):
        v.assign(array)
    history: History = meta["history"]
    return history


def check_same(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise InputError, naming the first difference, if a file is of other settings."""
    for key in wanted:
        if found.get(key) != wanted[key]:
            raise InputError(
                f"{path} was made with {key}={found.get(key)!r}, now {wanted[key]!r} is asked "
                "for; choose another folder or delete this one"
            )
