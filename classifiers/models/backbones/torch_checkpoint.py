"""Read the tensors of a PyTorch checkpoint, without PyTorch and without running code.

A file of ``torch.save`` is a zip archive, of the pickled object (``data.pkl``) and a file for each
storage (``data/0``). Before version 1.6 it was five pickles (a magic number, the protocol, facts on
the machine, the object, the storages' keys) and then the raw storages. The object is unpickled by a
reader that knows dictionaries and tensors only: anything else in the file is an error.
"""

import io
import math
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from classifiers.errors import InputError, first_line

_MAGIC = 0x1950A86A20F9469CFC6C
_ARCHIVE = b"PK\x03\x04"
_DTYPES = {
    "HalfStorage": np.dtype("<f2"),
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}


class _Tensor(NamedTuple):
    """A tensor as the pickle describes it: a window into a storage that comes later."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Whole:
    """A file that is never asked for more than it has: readers make room for what they ask for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size

    def read(self, count: int = -1) -> bytes:
        left = self._size - self._file.tell()
        if count > left:
            raise EOFError(f"{count:,} bytes are claimed, {left:,} are there")
        return self._file.read(count)

    def readline(self) -> bytes:
        return self._file.readline()

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


# Python's own unpickler in Python: the one in C makes a table as long as the file says it is.
class _TensorUnpickler(pickle._Unpickler):
    """Unpickle dictionaries of tensors; collects each storage's type and length."""

    def __init__(self, file: _Whole | io.BytesIO) -> None:
        super().__init__(file)
        self.storages: dict[str, tuple[np.dtype[Any], int]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(
                storage, offset, tuple(shape), tuple(strides)
            )
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it holds {module}.{name}, which is not a tensor")

    def persistent_load(self, pid: Any) -> str:
        _, dtype, key, _, elements, *_ = pid
        self.storages[key] = (dtype, elements)
        return str(key)


def read_checkpoint(path: str | Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a checkpoint by name, in the order of the file.

    Parameters
    ----------
    path
        A ``.pth`` file that PyTorch wrote, of any version: a ``state_dict``.

    Raises
    ------
    InputError
        The file is missing, of another kind, cut short, or holds more than tensors.
    """
    try:
        with Path(path).open("rb") as file:
            archive = file.read(len(_ARCHIVE)) == _ARCHIVE
            file.seek(0)
            return _read_archive(file) if archive else _read(_Whole(file))
    except OSError as error:
        raise InputError(f"cannot read the checkpoint {path}: {error.strerror}") from error
    except Exception as error:  # what a pickle holds may fail in any way
        said = first_line(error) or type(error).__name__
        raise InputError(f"{path} is no PyTorch checkpoint of tensors: {said}") from error


def _read_archive(file: BinaryIO) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(names) != 1:
            raise ValueError("the archive holds no data.pkl")
        folder = names[0].removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist() and (
            _stored(archive, f"{folder}byteorder") != b"little"
        ):
            raise ValueError("its numbers are big-endian")
        described = _TensorUnpickler(io.BytesIO(_stored(archive, names[0])))
        tensors: dict[str, _Tensor] = described.load()
        storages = {
            key: np.frombuffer(_stored(archive, f"{folder}data/{key}"), dtype, elements)
            for key, (dtype, elements) in described.storages.items()
        }
    return {str(name): _view(storages[t.storage], t) for name, t in tensors.items()}


def _stored(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a file of the archive; PyTorch compresses none, so that none is larger than it."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed, which PyTorch does not do")
    return archive.read(name)


def _read(file: _Whole) -> dict[str, NDArray[Any]]:
    if _TensorUnpickler(file).load() != _MAGIC:
        raise ValueError("the magic number is missing")
    for _ in ("protocol", "machine"):
        _TensorUnpickler(file).load()
    described = _TensorUnpickler(file)
    tensors: dict[str, _Tensor] = described.load()
    storages = {}
    for key in _TensorUnpickler(file).load():
        dtype, _ = described.storages[key]
        (elements,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(elements * dtype.itemsize), dtype, elements)
    return {str(name): _view(storages[t.storage], t) for name, t in tensors.items()}


def _view(storage: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    """Lay a tensor over its storage: the strides say how, they need not be C-contiguous."""
    last = tensor.offset + sum(
        (n - 1) * s for n, s in zip(tensor.shape, tensor.strides, strict=True)
    )
    if tensor.offset < 0 or min(tensor.strides, default=0) < 0 or last >= storage.size:
        raise ValueError("a tensor reaches out of its storage")
    if math.prod(tensor.shape) > storage.size or min(tensor.shape, default=0) < 0:
        raise ValueError("a tensor claims more than its storage holds")
    strides = [step * storage.itemsize for step in tensor.strides]
    return as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)
