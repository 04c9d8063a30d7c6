"""`.npz` files: our own, and the two layouts that are common elsewhere."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundwork.names import few
from groundwork.npz import Npz
from pipelines.data.choosing import Fit
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.reader import Preparation
from pipelines.data.sources.formats import legible
from pipelines.data.sources.pixels import DEFAULT_SIZE, from_arrays, is_centred
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError, unknown_name

Arrays = dict[str, NDArray[Any]]

MOST_BYTES = 3 * 2**28
"""Bytes of images, as they lie in the file and as uint8 RGB: with copies, they take twice that."""
MOST_SIDE = 4096
MOST_CLASSES = 100_000
AT_ONCE = 256
"""Images that are converted at a time."""

LAYOUTS = (
    {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")},
    {"train": ("images", "labels")},
)
"""Names of the arrays of images and labels, by split; the first layout that is there counts."""


def load_npz(path: Path, fit: Fit = "crop") -> Source:
    """Read images and labels from an ``.npz`` file.

    Parameters
    ----------
    path
        Holds arrays `images` and `labels`, as `Images.save` writes them, or `x_train`, `y_train`
        and perhaps `x_test`, `y_test`, as Keras does. Images are `[N, H, W]` or `[N, H, W, C]`,
        uint8 in 0..255 or floats in 0..1, with 1, 3 or 4 channels; labels are integers or names,
        `[N]` or `[N, 1]`; `class_names` names the integers, counted from 0.
    fit
        How images become squares.

    Raises
    ------
    InputError
        If the file is missing or damaged, or holds something else.
    """
    file = Npz(path)
    try:
        splits = _find(file.shapes)
        _check_memory(file, splits)
        wanted = {name for pair in splits.values() for name in pair}
        arrays = file.read(wanted | {"class_names", "together"})
        names = _class_names(arrays, splits)
        parts = {
            split: Images(
                from_arrays(_to_uint8(arrays[images]), fit),
                _to_positions(arrays[labels], names, numbered="class_names" in arrays),
                names,
                path.stem,
                _groups(arrays) if split == "train" else None,
            )
            for split, (images, labels) in splits.items()
        }
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    small = {is_centred(arrays[name]) for name, _ in splits.values()}  # and so made larger
    if len({images.size for images in parts.values()}) > 1 or len(small) > 1:
        sides = " and ".join(str([*arrays[name].shape[1:3]]) for name, _ in splits.values())
        raise InputError(f"{path}: its splits differ in size, {sides}; give all of them the same")
    how = Preparation(fit=fit, centred=small.pop())
    pools = {split: in_memory(images, how) for split, images in parts.items()}
    return from_splits(path.stem, pools, [], own=True)


def _check_memory(file: Npz, splits: dict[str, tuple[str, str]]) -> None:
    """Refuse what does not fit into memory, as it lies in the file and as RGB images."""
    read, made = 0, 0
    for images, labels in splits.values():
        read += file.bytes[images] + file.bytes[labels]
        count, *sides = (*file.shapes[images], 0, 0)[:3]
        made += count * 3 * max(min(sides), DEFAULT_SIZE) ** 2
        if max(sides) > MOST_SIDE:
            raise InputError(f"images of {sides[0]}x{sides[1]}; give sides of up to {MOST_SIDE}")
    if max(read, made) > MOST_BYTES:
        raise InputError(
            f"its images take {max(read, made) / 2**20:,.0f} MiB of memory, "
            f"{MOST_BYTES // 2**20} are read: save them as pictures in class folders, which are "
            "read one at a time, or smaller"
        )
    if math.prod(file.shapes.get("class_names", ())) > MOST_CLASSES:
        raise InputError(f"more than {MOST_CLASSES:,} class_names; give one a class")


def _find(arrays: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the names of the arrays of each split that the file holds."""
    arrays = list(arrays)
    for layout in LAYOUTS:
        found = {name: pair for name, pair in layout.items() if all(one in arrays for one in pair)}
        if "train" in found:
            return found
    raise InputError(
        f"it holds {few(arrays) or 'nothing'}; give arrays images and labels, "
        "or x_train, y_train, x_test and y_test"
    )


def _groups(arrays: Arrays) -> NDArray[Any] | None:
    """Return who stays together, numbered from 0: those that stand alone get numbers below."""
    together = arrays.get("together")
    if together is None or together.dtype.kind not in "iu":
        return together
    return np.unique(together, return_inverse=True)[1].reshape(together.shape)


def _class_names(arrays: Arrays, splits: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    """Return the class names of the file, or else the labels that occur in its training split."""
    names = arrays.get("class_names")
    if names is None:
        names = np.unique(_checked(arrays[splits["train"][1]]))
    return tuple(legible(str(name)) for name in names.ravel())


def _to_positions(
    labels: NDArray[Any], names: tuple[str, ...], *, numbered: bool
) -> NDArray[np.int64]:
    """Return labels as positions in ``names``; ``numbered`` integers are that already."""
    labels = _checked(labels)
    if numbered and labels.dtype.kind != "U":
        return labels
    position = {name: index for index, name in enumerate(names)}
    found, inverse = np.unique(labels, return_inverse=True)
    written = [legible(str(label)) for label in found]
    unknown = [label for label in written if label not in position]
    if unknown:
        raise unknown_name("label", unknown[0], names)
    return np.array([position[label] for label in written], dtype=np.int64)[inverse]


def _checked(labels: NDArray[Any]) -> NDArray[Any]:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "iuU":
        raise InputError(
            f"labels of type {labels.dtype} and shape {list(labels.shape)}; "
            "give one integer or one name an image"
        )
    return labels


def _to_uint8(images: NDArray[Any]) -> NDArray[np.uint8]:
    if images.dtype == np.uint8:
        return images
    top = 1 if images.dtype.kind == "f" else 255
    if images.dtype.kind not in "fiu" or not images.size:
        raise InputError(
            f"images of type {images.dtype} and shape {list(images.shape)}; give uint8 images"
        )
    if not (images.min() >= 0 and images.max() <= top):
        raise InputError(
            f"images of type {images.dtype} from {images.min()} to {images.max()}; "
            "give integers in 0..255 or floats in 0..1"
        )
    made = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        made[some] = np.rint(images[some] * (255 / top))
    return made
