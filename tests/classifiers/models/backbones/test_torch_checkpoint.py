import zipfile

import numpy as np
import pytest

from classifiers.errors import InputError
from classifiers.models.backbones.torch_checkpoint import read_checkpoint


@pytest.mark.parametrize("archive", [False, True])
def test_checkpoint_tensors_follow_their_strides(write_checkpoint, archive):
    values = np.arange(24, dtype="<f4")
    path = write_checkpoint(
        {
            "plain": (values, 0, (2, 12), (12, 1)),
            "permuted": (values, 0, (4, 3, 2), (1, 4, 12)),
            "window": (values, 5, (2, 3), (6, 2)),
            "steps": (np.array([7], "<i8"), 0, (), ()),
        },
        archive=archive,
    )
    tensors = read_checkpoint(path)
    assert list(tensors) == ["plain", "permuted", "window", "steps"]
    np.testing.assert_array_equal(tensors["plain"], values.reshape(2, 12))
    np.testing.assert_array_equal(tensors["permuted"], values.reshape(2, 3, 4).T)
    np.testing.assert_array_equal(tensors["window"], [[5, 7, 9], [11, 13, 15]])
    assert tensors["steps"] == 7


@pytest.mark.parametrize("archive", [False, True])
def test_checkpoint_runs_no_code(write_checkpoint, tmp_path, archive):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "trapped"), "w")

    path = write_checkpoint({}, extra={"trap": Trap()}, archive=archive)
    with pytest.raises(InputError, match=r"io\.open, which is not a tensor"):
        read_checkpoint(path)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("window", [(0, (5, 5), (5, 1)), (20, (2, 3), (3, 1)), (0, (2,), (-1,))])
def test_checkpoint_tensors_stay_in_their_storage(write_checkpoint, window):
    path = write_checkpoint({"out": (np.zeros(24, "<f4"), *window)})
    with pytest.raises(InputError, match="out of its storage"):
        read_checkpoint(path)


def test_checkpoints_that_are_none(write_checkpoint, tmp_path):
    with pytest.raises(InputError, match="cannot read the checkpoint"):
        read_checkpoint(tmp_path / "missing.pth")
    with pytest.raises(InputError, match="magic number"):
        read_checkpoint(write_checkpoint({}, magic=1))
    cut = write_checkpoint({"a": (np.zeros(24, "<f4"), 0, (24,), (1,))})
    cut.write_bytes(cut.read_bytes()[:-8])
    with pytest.raises(InputError, match="no PyTorch checkpoint"):
        read_checkpoint(cut)
    cut.write_text("hello")
    with pytest.raises(InputError, match="no PyTorch checkpoint"):
        read_checkpoint(cut)


def test_archives_that_are_none(write_checkpoint, tmp_path):
    tensors = {"a": (np.zeros(24, "<f4"), 0, (24,), (1,))}
    packed = write_checkpoint(tensors, archive=True, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="is compressed"):
        read_checkpoint(packed)
    with zipfile.ZipFile(tmp_path / "empty.pth", "w") as file:
        file.writestr("readme", "nothing")
    with pytest.raises(InputError, match=r"holds no data\.pkl"):
        read_checkpoint(tmp_path / "empty.pth")
