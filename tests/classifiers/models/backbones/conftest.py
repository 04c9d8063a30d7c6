"""Files in PyTorch's formats, written without PyTorch."""

import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict

import pytest

MAGIC = 0x1950A86A20F9469CFC6C


class _Tensor:
    """A tensor as PyTorch pickles it: a storage, and the window's offset, shape and strides."""

    def __init__(self, key, array, *window):
        self.key, self.array, self.window = key, array, window

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self, *self.window, False, OrderedDict())


class _Pickler(pickle.Pickler):
    _reduced: _Tensor | None = None

    def persistent_id(self, obj):
        if not isinstance(obj, _Tensor):
            return None
        if self._reduced is not obj:  # first the tensor itself, then, inside it, its storage
            self._reduced = obj
            return None
        kind = {"<f4": "FloatStorage", "<i8": "LongStorage"}[obj.array.dtype.str]
        return "storage", getattr(sys.modules["torch"], kind), obj.key, "cpu", obj.array.size, None


@pytest.fixture
def write_checkpoint(tmp_path, monkeypatch):
    """Write tensors as PyTorch did before version 1.6, or as an archive, as it does since."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for kind in ("FloatStorage", "LongStorage"):
        setattr(torch, kind, type(kind, (), {"__module__": "torch"}))
    exec("def _rebuild_tensor_v2(): pass", vars(utils))  # its name is all that is written
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def write(tensors, magic=MAGIC, extra=None, archive=False, compression=zipfile.ZIP_STORED):
        held = {name: _Tensor(str(i), *t) for i, (name, t) in enumerate(tensors.items())}
        path = tmp_path / "weights.pth"
        if archive:
            described = io.BytesIO()
            _Pickler(described, protocol=2).dump(OrderedDict(held, **(extra or {})))
            with zipfile.ZipFile(path, "w", compression) as file:
                file.writestr("weights/data.pkl", described.getvalue())
                file.writestr("weights/byteorder", "little")
                for tensor in held.values():
                    file.writestr(f"weights/data/{tensor.key}", tensor.array.tobytes())
            return path
        file = io.BytesIO()
        for head in (magic, 1001, {"little_endian": True}):
            pickle.dump(head, file, protocol=2)
        _Pickler(file, protocol=2).dump(OrderedDict(held, **(extra or {})))
        pickle.dump([tensor.key for tensor in held.values()], file, protocol=2)
        for tensor in held.values():
            file.write(struct.pack("<q", tensor.array.size) + tensor.array.tobytes())
        path.write_bytes(file.getvalue())
        return path

    return write
