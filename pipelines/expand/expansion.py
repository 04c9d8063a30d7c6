"""Offline augmentation: data sets many times the size of the original, computed by index."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ganaug.files import replacing
from pipelines.augment.language import Call, read_calls
from pipelines.augment.parameters import Parameters
from pipelines.errors import InputError, unknown_name
from pipelines.expand.parts import Copies, Joined, Mixed, Part, Taken
from pipelines.expand.variants import Pixels, flip, isolate, patch_shuffle, rotate
from pipelines.images import Images

_VARIANTS = {function.__name__: function for function in (flip, rotate, isolate, patch_shuffle)}

_CHUNK = 1024  # images computed at once while saving


class Expansion:
    """Original images and what is made of them.

    Nothing is kept but the originals: the 300,000th image is computed when it is asked for, and
    is the same each time. `pipelines.stream` shuffles and batches them.

    Parameters
    ----------
    images
        The N originals; they come first.
    text
        Terms joined by ``+``, each adding to the originals: ``flip`` (N images), ``rotate`` (3N),
        ``isolate`` (3N), ``patch_shuffle(kernel=16, of=pixels)`` (N), ``mix`` (N²: every ordered
        pair of originals). ``mix(flip + rotate)`` adds its terms and every ordered pair of
        originals and their images: (5N)² + 4N. Empty for the originals alone.
    seed
        Fixes what is shuffled.

    Raises
    ------
    InputError
        If a term is unknown, named twice or malformed, or does not suit the images.

    Examples
    --------
    >>> two = Images(np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1]), ("cat", "dog"), "pets")
    >>> [len(Expansion(two, text)) for text in ("", "flip", "mix", "mix(flip + rotate) + isolate")]
    [2, 4, 6, 116]
    """

    def __init__(self, images: Images, text: str, seed: int = 0) -> None:
        self.originals, self.text = images, text
        calls = read_calls(text, "+")
        _check_once([call.name for outer in calls for call in (outer, *_inner(outer))], text)
        copies: list[Part] = [Copies(images)]
        pairs: list[Part] = []
        for call in calls:
            if call.name == "mix":
                mixed = [copies[0], *_copies(images, _inner(call), seed)]
                copies += mixed[1:]
                pairs.append(Mixed(Joined(mixed)))
            else:
                copies += _copies(images, [call], seed)
        for part in copies if len(images) else ():
            part.take(np.zeros(1, np.int64))  # what does not suit the images shows at once
        self._all = Joined([*copies, *pairs])

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, index: int) -> tuple[Pixels, int]:
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} of {len(self)} images")
        images, labels = self.take([index])
        return images[0], int(labels[0])

    def __repr__(self) -> str:
        return f"Expansion({self.originals!r}, {self.text!r}): {len(self)} images"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.originals.class_names

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.originals.size

    def counts(self) -> NDArray[np.int64]:
        """Return the number of images of each class: every original yields equally many."""
        return self.originals.counts() * (len(self) // max(1, len(self.originals)))

    def take(self, indices: ArrayLike) -> Taken:
        """Return the images uint8 ``[n, H, W, 3]`` and labels ``[n]`` at ``indices``."""
        return self._all.take(np.asarray(indices, np.int64))

    def images(self) -> Images:
        """Compute them all; 360,600 of 32x32 take 1.1 GB."""
        return self._named(*self.take(np.arange(len(self))))

    def save(self, path: Path) -> Images:
        """Compute them all into a ``.npy`` file, a few at a time.

        What is returned maps the file: memory holds only what is looked at.
        """
        labels = np.empty(len(self), np.int64)
        with replacing(path) as part:
            shape = (len(self), *self.originals.images.shape[1:])
            pixels = np.lib.format.open_memmap(part, "w+", np.uint8, shape)
            for start in range(0, len(self), _CHUNK):
                stop = min(start + _CHUNK, len(self))
                pixels[start:stop], labels[start:stop] = self.take(np.arange(start, stop))
            pixels.flush()
        return self._named(np.load(path, mmap_mode="r"), labels)

    def _named(self, images: Pixels, labels: NDArray[np.int64]) -> Images:
        source = f"{self.originals.source} expanded by {self.text}"
        return Images(images, labels, self.class_names, source)


def _inner(call: Call) -> Sequence[Call]:
    """Return the terms inside ``mix(…)``; other terms hold none."""
    if call.name != "mix":
        return ()
    if call.kwargs or len(call.args) > 1 or isinstance((call.args or ("",))[0], int | float):
        raise InputError("mix takes terms joined by '+', as in mix(flip + rotate)")
    inner = call.args[0] if call.args else ()
    return (Call(inner),) if isinstance(inner, str) else inner  # type: ignore[return-value]


def _copies(images: Images, calls: Sequence[Call], seed: int) -> list[Part]:
    """Return one part for each changed copy that ``calls`` add."""
    parts: list[Part] = []
    for call in calls:
        if call.name not in _VARIANTS:
            known = _VARIANTS if call.name == "mix" else [*_VARIANTS, "mix"]
            raise unknown_name("expansion", call.name, known)
        variant = _VARIANTS[call.name]
        params = dict(Parameters.of(variant).check(call))
        parts += [Copies(images, change) for change in variant(seed, **params)]
    return parts


def _check_once(names: Sequence[str], text: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{twice[0]} stands twice in {text!r}: its images would be there twice")
