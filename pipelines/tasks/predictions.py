"""What a classifier answered to every test image: `predictions.npz` in the folder of a training."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundwork.files import replacing
from groundwork.npz import read_npz
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.workspace import PREDICTIONS

HASH = re.compile("[0-9a-f]{8,128}")


class Predictions(NamedTuple):
    """The answers to the test images, in their order.

    Attributes
    ----------
    probabilities
        Of each class, float32 ``[N, K]``, rows adding up to 1.
    labels
        True classes, int64 ``[N]``.
    images
        What each image is known by, as `Images.image_hashes` gives it, ``[N]``.
    """

    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]
    images: tuple[str, ...]

    @property
    def right(self) -> NDArray[np.float64]:
        """1 where the most probable class is the true one, else 0, ``[N]``."""
        right: NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.labels
        return right.astype(np.float64)


def write_predictions(folder: Path, probabilities: NDArray[np.floating[Any]], test: Images) -> None:
    """Write what a classifier answered to the test images; the file appears whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with replacing(folder / PREDICTIONS) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            probabilities=probabilities.astype(np.float32),
            labels=test.labels,
            class_names=np.array(test.class_names, dtype=np.str_),
            images=np.array(test.image_hashes(), dtype=np.bytes_),
        )


def read_predictions(folder: Path) -> Predictions | None:
    """Read what `write_predictions` wrote; None where a training is from before there was such.

    Raises
    ------
    InputError
        If the file is damaged, or holds something else.
    """
    path = folder / PREDICTIONS
    if not path.is_file():
        return None
    try:
        arrays = read_npz(path)
    except InputError as error:
        raise InputError(f"{error}: delete its folder to train again") from error
    if not {"probabilities", "labels", "images"} <= arrays.keys():
        raise InputError(f"{path} is no file of predictions; delete its folder to train again")
    chances, labels, images = (arrays[name] for name in ("probabilities", "labels", "images"))
    fit = chances.ndim == 2 and labels.shape == images.shape == chances.shape[:1]
    kinds = chances.dtype.kind + labels.dtype.kind + images.dtype.kind
    known = fit and (not len(labels) or 0 <= labels.min() <= labels.max() < chances.shape[1])
    if kinds not in ("fiS", "fuS") or not known or not np.isfinite(chances).all():
        raise InputError(f"{path} is damaged; delete its folder to train again")
    names = tuple(name.decode("ascii", "replace") for name in images.tolist())
    if not all(map(HASH.fullmatch, names)):  # files are called by them
        raise InputError(f"{path} is damaged; delete its folder to train again")
    return Predictions(chances, labels, names)
