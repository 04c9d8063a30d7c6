"""`.npz` files: our own, and the two layouts that are common elsewhere."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.data.choosing import Fit
from pipelines.data.images import Images, read_npz
from pipelines.data.pool import in_memory
from pipelines.data.reader import Preparation
from pipelines.data.sources.pixels import from_arrays, is_centred
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError, unknown_name

Arrays = dict[str, NDArray[Any]]

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
    arrays = read_npz(path)
    try:
        splits = _find(arrays)
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
    if len({images.size for images in parts.values()}) > 1:
        raise InputError(
            f"{path}: its splits differ in size, {' and '.join(map(repr, parts.values()))}; "
            "give all of them the same"
        )
    first = next(iter(arrays[name] for name, _ in splits.values()))
    how = Preparation(fit=fit, centred=is_centred(first))
    pools = {split: in_memory(images, how) for split, images in parts.items()}
    return from_splits(path.stem, pools, [], own=True)


def _find(arrays: Arrays) -> dict[str, tuple[str, str]]:
    """Return the names of the arrays of each split that the file holds."""
    for layout in LAYOUTS:
        found = {name: pair for name, pair in layout.items() if set(pair) <= arrays.keys()}
        if "train" in found:
            return found
    raise InputError(
        f"it holds {', '.join(arrays) or 'nothing'}; give arrays images and labels, "
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
    return tuple(str(name) for name in names.ravel())


def _to_positions(
    labels: NDArray[Any], names: tuple[str, ...], *, numbered: bool
) -> NDArray[np.int64]:
    """Return labels as positions in ``names``; ``numbered`` integers are that already."""
    labels = _checked(labels)
    if numbered and labels.dtype.kind != "U":
        return labels
    position = {name: index for index, name in enumerate(names)}
    found, inverse = np.unique(labels, return_inverse=True)
    unknown = [str(label) for label in found if str(label) not in position]
    if unknown:
        raise unknown_name("label", unknown[0], names)
    return np.array([position[str(label)] for label in found], dtype=np.int64)[inverse]


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
        raise InputError(f"images of type {images.dtype}, {len(images)} of them; give uint8 images")
    if not (images.min() >= 0 and images.max() <= top):
        raise InputError(
            f"images of type {images.dtype} from {images.min()} to {images.max()}; "
            "give integers in 0..255 or floats in 0..1"
        )
    return np.rint(images * (255 / top)).astype(np.uint8)
