"""Frozen features of a pre-trained backbone, computed once an image and kept on disk."""

import hashlib
import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from classifiers.errors import InputError
from classifiers.models.backbones.catalogue import backbone
from classifiers.models.backbones.first_layer import FirstKernel
from classifiers.models.transfer import split, transfer_model
from groundwork.files import replacing

_BATCH = 64
_DIGEST = 16
_log = logging.getLogger(__name__)


class FeatureExtractor:
    """Average-pooled last feature maps of a backbone, cached by the content of each image.

    An image that several subsets, folds or processes share is computed once. The cache is a folder
    of ``.npy`` files that are only ever added, each in one atomic step, and named by their content:
    a damaged one is told by that, removed, and its features are computed again.

    Parameters
    ----------
    name
        A backbone: a name of `classifiers.models.backbones.catalogue.backbones`.
    size
        Side in pixels to which images are resized first.
    weights
        ``"imagenet"`` or the path of a weights file.
    cache
        Folder that keeps features between runs; None keeps them in memory only.
    deep, mirror, first_kernel
        As in `classifiers.models.transfer.transfer_model`.

    Attributes
    ----------
    folded
        Whether BatchNorm is computed in the convolutions before it; where that can be, it is.
    """

    def __init__(
        self,
        name: str,
        size: int,
        *,
        weights: str = "imagenet",
        cache: str | Path | None = None,
        deep: bool = False,
        mirror: bool = False,
        first_kernel: FirstKernel | None = None,
    ) -> None:
        chosen = backbone(name)
        self.name = chosen.name
        self.size = size
        self.weights = weights
        self._deep, self._mirror = deep, mirror
        self._first_kernel = first_kernel
        self.folded = "folded" in chosen.options and first_kernel is None
        parts = [self.name, str(size), _tag(weights)]
        parts += [part for part, on in (("deep", deep), ("mirror", mirror)) if on]
        parts += [f"first{first_kernel}"] if first_kernel else []
        self._folder = None if cache is None else Path(cache) / "-".join(parts)
        self._known: dict[bytes, NDArray[np.float32]] = {}
        self._read: set[str] = set()
        self._models: dict[tuple[int, ...], keras.Model] = {}

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return one row of features an image.

        Parameters
        ----------
        images
            uint8 [N, H, W, C], C 1 or 3.

        Returns
        -------
        numpy.ndarray
            float32 [N, D].

        Raises
        ------
        InputError
            For anything but a stack of uint8 images.
        """
        if images.ndim != 4 or images.dtype != np.uint8 or not len(images):
            raise InputError(
                f"features need uint8 images [N, H, W, C], got {images.dtype} {images.shape}"
            )
        digests = [_digest(image) for image in images]
        if any(digest not in self._known for digest in digests):
            self._load()
        new = {digest: i for i, digest in enumerate(digests) if digest not in self._known}
        if new:
            rows = self._compute(images[list(new.values())])
            self._known.update(zip(new, rows, strict=True))
            self._save(list(new), rows)
        return np.stack([self._known[digest] for digest in digests])

    def model(self, input_shape: tuple[int, int, int], classes: int) -> keras.Model:
        """Build the classifier whose features these are, with a new linear head."""
        return transfer_model(
            self.name,
            input_shape,
            classes,
            weights=self.weights,
            size=self.size,
            frozen=True,
            folded=self.folded,
            deep=self._deep,
            mirror=self._mirror,
            first_kernel=self._first_kernel,
        )

    def _compute(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        shape = images.shape[1:]
        if shape not in self._models:
            self._models[shape], _ = split(self.model(shape, classes=2))
        batches = (images[i : i + _BATCH] for i in range(0, len(images), _BATCH))
        return np.concatenate([self._batch(self._models[shape], batch) for batch in batches])

    @staticmethod
    def _batch(model: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        # Always a full batch: another size would be traced anew.
        filled = np.zeros((_BATCH, *images.shape[1:]), np.float32)
        filled[: len(images)] = images / np.float32(255)
        return np.asarray(model.predict_on_batch(filled), np.float32)[: len(images)]

    def _load(self) -> None:
        """Take in the files that this or another process has added; damaged ones go."""
        if self._folder is None or not self._folder.is_dir():
            return
        for path in sorted(self._folder.glob("*.npy")):
            if path.name in self._read:
                continue
            rows = _rows(path)
            if rows is None:
                _log.warning("%s is damaged: its features are computed again", path)
                path.unlink(missing_ok=True)
                continue
            self._known.update(zip(rows["digest"].tolist(), rows["features"], strict=True))
            self._read.add(path.name)

    def _save(self, digests: list[bytes], features: NDArray[np.float32]) -> None:
        if self._folder is None:
            return
        kind = [("digest", f"V{_DIGEST}"), ("features", "<f4", features.shape[1:])]
        rows = np.empty(len(digests), kind)
        rows["digest"] = np.frombuffer(b"".join(digests), f"V{_DIGEST}")
        rows["features"] = features
        target = self._folder / f"{_name(rows)}.npy"
        with replacing(target) as part:
            np.save(part, rows)
        self._read.add(target.name)


def _rows(path: Path) -> NDArray[Any] | None:
    """Return what a file holds; None where that is not what was written to it."""
    try:
        rows: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return rows if _name(rows) == path.stem else None
    except (OSError, EOFError, ValueError):
        return None


def _name(rows: NDArray[Any]) -> str:
    """Return what a file is called: by all that it holds, so that damage is told."""
    content = np.ascontiguousarray(rows).view(np.uint8).data
    return hashlib.blake2b(content, digest_size=_DIGEST).hexdigest()


def _digest(image: NDArray[Any]) -> bytes:
    content = repr(image.shape).encode() + image.tobytes()
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()


def _tag(weights: str) -> str:
    """Name weights by what they are: a file by its content."""
    if weights == "imagenet":
        return weights
    if not Path(weights).is_file():
        raise InputError(f"weights {weights!r}: give 'imagenet' or an existing file")
    with Path(weights).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
