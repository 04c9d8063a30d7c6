"""Arrays in ``.npz`` files, read once it is known how much memory they will take."""

import ast
import math
import struct
import zipfile
from collections.abc import Container
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from groundwork.errors import InputError, first_line, shown

USUAL = 2**28
"""Bytes that an array may have however small it was packed."""
RATIO = 200
"""How much smaller a larger one may be in the file: pictures reach 3, a blank page 1,000."""
MOST_ARRAYS = 10_000
SINGLE = b"\x93NUMPY"
"""How an ``.npy`` file begins."""


class Npz:
    """The arrays of a file, by name: what they are, before they are read.

    Parameters
    ----------
    path
        Of the file.

    Attributes
    ----------
    shapes
        Of each array, by name.
    bytes
        What each takes in memory, by name.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind, an array is of Python objects, which are
        unsafe to read, is not as long as it says, or was packed to fill the memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.bytes: dict[str, int] = {}
        try:
            if not path.is_file():
                raise InputError(f"{path} does not exist; check the path")
            with path.open("rb") as file:
                if file.read(len(SINGLE)) == SINGLE:
                    raise InputError(
                        f"{path} holds a single array; write images and labels with numpy.savez"
                    )
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist()[: MOST_ARRAYS + 1]:
                    self._look(archive, info)
        except InputError:
            raise
        except Exception as error:  # of zip files, their compressions, and of NumPy's heads
            raise self._unreadable(error) from error
        if len(self.shapes) > MOST_ARRAYS:
            raise InputError(f"{path} holds more than {MOST_ARRAYS:,} arrays; write fewer of them")

    def read(self, names: Container[str] | None = None) -> dict[str, NDArray[Any]]:
        """Return the arrays of these names, as far as there are any; None: all.

        Raises
        ------
        InputError
            If one is damaged.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                return {
                    name: self._array(archive, name)
                    for name in self.shapes
                    if names is None or name in names
                }
        except Exception as error:  # as above
            raise self._unreadable(error) from error

    def _array(self, archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
        with archive.open(f"{name}.npy") as file:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        return array

    def _look(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        name = info.filename.removesuffix(".npy")
        if name == info.filename:  # NumPy passes over them, too
            return
        with archive.open(info) as file:
            shape, kind, head = _head(file)
        if kind.hasobject:
            raise InputError(
                f"{self.path}: {shown(name)} is an array of Python objects, which could run "
                "anything; write arrays of numbers or texts"
            )
        wanted = math.prod(shape) * kind.itemsize
        if wanted + head != info.file_size:
            raise InputError(
                f"{self.path}: {shown(name)} of shape {shown(list(shape))} would take {wanted:,} "
                f"bytes, and the file has {info.file_size - head:,}: it is damaged; write it again"
            )
        if wanted > max(USUAL, RATIO * info.compress_size):
            raise InputError(
                f"{self.path}: {shown(name)} of {wanted:,} bytes lies in {info.compress_size:,}: "
                "such a file may be made to fill the memory; write it with numpy.savez"
            )
        self.shapes[name], self.bytes[name] = shape, wanted

    def _unreadable(self, error: Exception) -> InputError:
        return InputError(
            f"{self.path} cannot be read as .npz ({first_line(error) or type(error).__name__}); "
            "write it again"
        )


def _head(file: IO[bytes]) -> tuple[tuple[int, ...], "np.dtype[Any]", int]:
    """Return the shape and the type of an array in NumPy's format, and the bytes before it."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, kind = np.lib.format.read_array_header_2_0(file)
    else:  # (3, 0) has the head of 2.0 in UTF-8, for names of fields
        (length,) = struct.unpack("<I", file.read(4))
        if length > 10_000:
            raise ValueError("its head is too long")
        described = ast.literal_eval(file.read(length).decode("utf-8"))
        shape, kind = tuple(described["shape"]), np.lib.format.descr_to_dtype(described["descr"])
    if not all(isinstance(side, int) and side >= 0 for side in shape):
        raise ValueError(f"an array of shape {shape}")
    return shape, kind, file.tell()


def read_npz(path: Path, names: Container[str] | None = None) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file, of these names alone unless None is given.

    Raises
    ------
    InputError
        As `Npz`.
    """
    return Npz(path).read(names)
