"""Networks in files, loaded in safe mode, once it is known that they fit into memory.

A `.keras` file is a zip archive of a description and of weights in HDF5. Each may claim to be
larger than the file by far: a layer of 10**9 units, an array of zeros that nobody wrote down. So
what the file holds is counted first, then what the description wants, without making any of it.
"""

import io
import json
import math
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from groundwork.errors import InputError, first_line

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
MOST_CONFIG = 16 * 2**20
"""Bytes of a description; EfficientNetV2L has 1.4 million."""
RATIO, SMALL = 8, 2**20
"""How much larger an array or a file may be than as it is stored: Keras packs nothing. Below so
many bytes it does not matter."""
MOST_PARTS = 100_000
"""Groups and arrays of a file of weights."""
MOST_OUTPUT = 2**28
"""Numbers that one layer may make of one image."""
UNSAFE = frozenset(
    (
        "Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TextVectorization",
        "StringLookup", "IntegerLookup", "FeatureSpace",
    )
)  # fmt: skip
"""Layers that hold code, or read other files; no classifier or generator of ours has one."""


class _UnfitError(ValueError):
    """Why a file is not loaded."""


def load_network(path: Path) -> Any:
    """Return the network of a `.keras` file, uncompiled.

    Raises
    ------
    InputError
        The file is missing, damaged or no Keras model, holds code, or claims more than it holds.
    """
    import keras

    try:
        config = _described(path)
        stored = _stored(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_wanted(config, stored)
            return keras.saving.load_model(path, compile=False, safe_mode=True)
    except InputError:
        raise
    except Exception as error:  # Keras, HDF5 and zip files raise almost anything
        raise InputError(f"cannot load {path}: {_reason(error)}") from error


def check_weights(path: Path) -> None:
    """Raise InputError unless a file of weights is whole, of its own, and as large as it says."""
    try:
        if zipfile.is_zipfile(path):
            _stored(path)
        else:
            _counted(path)
    except InputError:
        raise
    except Exception as error:  # as above
        raise InputError(f"cannot load {path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "its description is nested too deeply"
    return (first_line(error) or type(error).__name__)[:300]


def _stored(path: Path) -> int:
    """Return how many numbers the weights in a `.keras` file hold."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.file_size > max(RATIO * info.compress_size, SMALL):
                raise _UnfitError(f"{info.filename[:80]!r} in it was packed to fill the memory")
        return _counted(io.BytesIO(archive.read(WEIGHTS)))  # which checks the sum of its bytes


def _described(path: Path) -> dict[str, Any]:
    if not zipfile.is_zipfile(path):
        raise _UnfitError("it is no Keras model" if path.exists() else "there is no such file")
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo(CONFIG).file_size > MOST_CONFIG:
            raise _UnfitError("its description is too long")
        config = json.loads(archive.read(CONFIG))
    if not isinstance(config, dict):
        raise _UnfitError("its description is none of a network")
    return config


def _counted(file: Path | IO[bytes]) -> int:
    """Return how many numbers an HDF5 file holds, if it holds them itself."""
    import h5py

    count = 0
    with h5py.File(file, "r") as opened:
        for number, one in enumerate(_arrays(opened)):
            if one.external or one.is_virtual:
                raise _UnfitError("its weights point at other files")
            if one.dtype.kind not in "fiub":
                continue  # names, of older versions
            if number > MOST_PARTS:
                raise _UnfitError("its weights have too many parts")
            if one.nbytes > max(RATIO * one.id.get_storage_size(), SMALL):
                raise _UnfitError(f"its weights claim {one.size:,} numbers that it does not hold")
            count += int(one.size)
    return count


def _arrays(group: Any) -> Iterator[Any]:
    """Yield the arrays below a group; links are none of Keras' and may lead elsewhere."""
    import h5py

    waiting, seen = [group], 0
    while waiting:
        here = waiting.pop()
        for name in here:
            seen += 1
            if seen > MOST_PARTS or here.get(name, getlink=True).__class__ is not h5py.HardLink:
                raise _UnfitError("its weights have links, or too many parts")
            one = here[name]
            if isinstance(one, h5py.Group):
                waiting.append(one)
            elif isinstance(one, h5py.Dataset):
                yield one


def _check_wanted(config: dict[str, Any], stored: int) -> None:
    """Build a network without making its weights, and see whether the file holds as many."""
    import keras
    from keras.src.backend.common import global_state
    from keras.src.saving import serialization_lib

    if unsafe := UNSAFE & _class_names(config):
        raise _UnfitError(
            f"it holds a layer {min(unsafe)}, which may hold code or read other files"
        )
    pending = "uninitialized_variables"
    before = list(global_state.get_global_attribute(pending) or [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            with serialization_lib.ObjectSharingScope():
                network = serialization_lib.deserialize_keras_object(
                    config | {"compile_config": None}, safe_mode=True
                )
            if not isinstance(network, keras.Model):
                raise _UnfitError(f"it holds a {type(network).__name__}, not a model")
            wanted = sum(math.prod(one.shape) for one in network.weights)
            outputs = [
                math.prod(side or 1 for side in tensor.shape)
                for operation in getattr(network, "operations", [])
                for tensor in keras.tree.flatten(operation.output)
            ]
    finally:
        global_state.set_global_attribute(pending, before)
    if wanted > stored:
        raise _UnfitError(f"it describes {wanted:,} weights and holds {stored:,}")
    if max(outputs, default=0) > MOST_OUTPUT:
        raise _UnfitError(f"a layer of it makes {max(outputs):,} numbers of one image")


def _class_names(config: Any) -> set[str]:
    found: set[str] = set()
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found.add(str(one.get("class_name")))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
