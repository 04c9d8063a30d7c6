"""Labelled images: the one currency from the source to mixing."""

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from groundwork.files import replacing
from groundwork.npz import read_npz
from pipelines.data.labelled import Labelled, chosen, same_group
from pipelines.errors import InputError

EVERY_CLASS = "every class"
"""Stands for the class where images of all classes are meant."""
HASH_BYTES = 16
"""Length of a content hash: 128 bits, so that no two images ever collide by chance."""


@dataclass(frozen=True, eq=False)
class Images(Labelled):
    """Images of one size, with their labels.

    The arrays are read-only, because many arms of a comparison share them.

    Parameters
    ----------
    pixels
        uint8 ``[N, H, W, 3]``, RGB; ``N`` may be 0.
    labels
        Integers ``[N]``, kept as int64: positions in ``class_names``.
    class_names
        Distinct names, one a label.
    source
        Name of the data set they come from.
    together
        A number for each image, ``[N]``: those of one number show one object, person or scene and
        stay on one side of every split. None: each stands for itself.

    Raises
    ------
    InputError
        If the parts do not fit together.

    Examples
    --------
    >>> two = Images(np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1]), ("cat", "dog"), "pets")
    >>> len(two), two.size, two.select([1]).labels.tolist()
    (2, (8, 8), [1])
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    together: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", _checked_pixels(self.pixels))
        object.__setattr__(self, "class_names", _checked_names(self.class_names))
        labels = _checked_labels(self.labels, len(self.pixels), self.class_names)
        object.__setattr__(self, "labels", labels)
        if self.together is not None:
            together = _checked_groups(self.together, len(self.pixels))
            object.__setattr__(self, "together", together)

    def __repr__(self) -> str:
        height, width = self.size
        names = ", ".join(self.class_names[:10]) + (", …" if len(self.class_names) > 10 else "")
        return f"Images({len(self)} of {height}x{width} from {self.source}: {names})"

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels.shape[1], self.pixels.shape[2]

    def one_hot(self) -> NDArray[np.float32]:
        """Return the labels as float32 ``[N, K]``."""
        return np.eye(len(self.class_names), dtype=np.float32)[self.labels]

    def select(self, indices: ArrayLike) -> Self:
        """Return the images at ``indices``, in that order; a boolean mask does as well."""
        which = chosen(indices)
        together = None if self.together is None else self.together[which]
        return type(self)(
            self.pixels[which], self.labels[which], self.class_names, self.source, together
        )

    def of_class(self, label: int) -> NDArray[np.uint8]:
        """Return the images of one class, uint8 ``[n, H, W, 3]``."""
        if not 0 <= label < len(self.class_names):
            raise InputError(
                f"label {label} received; {self!r} has 0 to {len(self.class_names) - 1}"
            )
        pixels: NDArray[np.uint8] = self.pixels[self.labels == label]
        return pixels

    def image_hashes(self) -> tuple[str, ...]:
        """Return one hash of the pixels an image: equal only for images that are identical."""
        return pixel_hashes(self.pixels)

    def found_in(self, hashes: Container[str]) -> NDArray[np.bool_]:
        """Return which images have one of these hashes, as a mask ``[N]``."""
        return np.array([image in hashes for image in self.image_hashes()], dtype=bool)

    def groups(self) -> NDArray[np.int64]:
        """Return a number for each image, the same for those to keep on one side, ``[N]``.

        Those are the identical ones, and those that are told to stay together.
        """
        identical = np.unique(self.image_hashes(), return_inverse=True)[1].astype(np.int64)
        return same_group(identical, self.together)

    def digest(self) -> str:
        """Return a hash of the pixels, labels and class names, whatever the source is called."""
        hashed = hashlib.blake2b(digest_size=HASH_BYTES)
        hashed.update(repr((self.pixels.shape, self.class_names)).encode())
        hashed.update(self.pixels.tobytes())
        hashed.update(self.labels.astype("<i8").tobytes())
        if self.together is not None:
            # By who is with whom: the numbers themselves say nothing.
            hashed.update(same_group(self.together, None).astype("<i8").tobytes())
        return hashed.hexdigest()

    def save(self, path: Path) -> None:
        """Write a compressed ``.npz`` that `load` reads; it appears whole or not at all.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        together: dict[str, Any] = {} if self.together is None else {"together": self.together}
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(
                file,
                images=self.pixels,
                labels=self.labels,
                class_names=np.array(self.class_names, dtype=np.str_),
                source=np.array(self.source),
                **together,
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the file is missing or damaged, or holds something else.
        """
        arrays = read_npz(path)
        missing = {"images", "labels", "class_names", "source"} - arrays.keys()
        if missing:
            raise InputError(
                f"{path} lacks {', '.join(sorted(missing))}; it holds {', '.join(arrays)}"
            )
        names = tuple(str(name) for name in arrays["class_names"].ravel())
        source, together = str(arrays["source"]), arrays.get("together")
        return cls(arrays["images"], arrays["labels"], names, source, together)

    @classmethod
    def concatenate(cls, parts: Sequence["Images"]) -> Self:
        """Join images of the same classes and size, in order; who stays together is forgotten.

        Raises
        ------
        InputError
            If there is nothing to join, or the parts differ in classes or size.
        """
        if not parts:
            raise InputError("no images to concatenate; give at least one part")
        first = parts[0]
        for part in parts[1:]:
            if (part.class_names, part.size) != (first.class_names, first.size):
                raise InputError(
                    f"cannot join {first!r} and {part!r}: classes and sizes must be the same"
                )
        return cls(
            np.concatenate([part.pixels for part in parts]),
            np.concatenate([part.labels for part in parts]),
            first.class_names,
            " + ".join(dict.fromkeys(part.source for part in parts)),
        )


def resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return square images ``[N, S, S, 3]`` at another size, uint8 ``[N, side, side, 3]``."""
    if pixels.shape[1:3] == (side, side):
        return pixels
    from PIL import Image  # only where sizes differ

    made = np.zeros((len(pixels), side, side, 3), np.uint8)
    for at, image in enumerate(pixels):
        whole = Image.fromarray(image)
        made[at] = np.asarray(whole.resize((side, side), Image.Resampling.BICUBIC))
    return made


def outer_side(side: int) -> int:
    """Return the side of the square whose middle is kept: 256 for 224."""
    return round(side * 8 / 7)


def middle(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return the middle of square images ``[N, S, S, 3]``, uint8 ``[N, side, side, 3]``."""
    start = (pixels.shape[1] - side) // 2
    inner: NDArray[np.uint8] = pixels[:, start : start + side, start : start + side]
    return inner


def pixel_hashes(pixels: NDArray[np.uint8]) -> tuple[str, ...]:
    """Return one hash an image of ``[N, H, W, 3]``: equal only for identical ones of one size."""
    size = repr((pixels.shape[1], pixels.shape[2])).encode()
    return tuple(
        hashlib.blake2b(image.tobytes(), digest_size=HASH_BYTES, key=size).hexdigest()
        for image in pixels
    )


def _checked_pixels(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    pixels = np.asarray(images)
    shaped = pixels.ndim == 4 and pixels.shape[3] == 3 and 0 not in pixels.shape[1:]
    if pixels.dtype != np.uint8 or not shaped:
        raise InputError(
            f"images of type {pixels.dtype} and shape {list(pixels.shape)}; "
            "give a uint8 array [N, height, width, 3]"
        )
    return _read_only(pixels)


def _checked_names(names: Sequence[str]) -> tuple[str, ...]:
    if not names or not all(names) or len(set(names)) < len(names):
        raise InputError(f"class names {tuple(names)}; give distinct, non-empty names")
    return tuple(names)


def _checked_labels(
    labels: NDArray[np.int64], count: int, names: Sequence[str]
) -> NDArray[np.int64]:
    array = np.asarray(labels)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise InputError(
            f"labels of type {array.dtype} and shape {list(array.shape)}; "
            f"give {count} integers, one an image"
        )
    if count and not 0 <= array.min() <= array.max() < len(names):
        raise InputError(
            f"labels from {array.min()} to {array.max()}; {len(names)} class names allow "
            f"0 to {len(names) - 1}"
        )
    return _read_only(array.astype(np.int64))


def _checked_groups(groups: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    array = np.asarray(groups)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise InputError(
            f"groups of type {array.dtype} and shape {list(array.shape)}; "
            f"give {count} integers, one an image"
        )
    return _read_only(array.astype(np.int64))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view that cannot be written to; the caller's own array stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view
