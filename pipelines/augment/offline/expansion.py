"""Offline augmentation: data sets many times the size of the original, computed by index."""

from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.augment.offline.terms import Term, parse
from pipelines.augment.offline.variants import Pixels
from pipelines.data.images import Images
from pipelines.errors import InputError

MOST_AT_ONCE = 500_000
"""1.5 GB of 32x32 pixels."""


class Expansion:
    """Original images, changed copies of them, and averages of pairs.

    The copies are kept; of the pairs, which are many, none is: each is averaged when it is asked
    for. `pipelines.mixing.stream` shuffles and batches them.

    Parameters
    ----------
    images
        The N originals.
    text
        Terms joined by ``+``, each adding to the originals: ``flip`` (N images), ``rotate`` (3N),
        ``isolate`` (3N), ``patch_shuffle(kernel=16, of=pixels)`` (N), ``mix`` (N²: every ordered
        pair of originals). ``mix(flip + rotate)`` adds its terms and every ordered pair of
        originals and their copies: (5N)² + 4N. Empty for the originals alone.
    seed
        Fixes what is shuffled.

    Attributes
    ----------
    copies
        The originals first, then what they are mixed with, then other copies: M images.
    mixed
        How many of them are mixed: m. The pairs follow the copies, so there are M + m² images.

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
        self.text = text
        terms = parse(text)
        mixed = [images.pixels, *_copies(images.pixels, terms.mixed, seed)]
        copies = [*mixed, *_copies(images.pixels, terms.single, seed)]
        self.mixed = len(images) * len(mixed) if terms.mixes else 0
        self.copies = Images(
            np.concatenate(copies),
            np.tile(images.labels, len(copies)),
            images.class_names,
            f"{images.source} expanded by {text}" if text else images.source,
        )

    def __len__(self) -> int:
        return len(self.copies) + self.mixed**2

    def __repr__(self) -> str:
        return f"Expansion by {self.text!r}: {len(self)} images from {self.copies!r}"

    def take(self, indices: ArrayLike) -> tuple[Pixels, NDArray[np.int64]]:
        """Return the images uint8 ``[n, H, W, 3]`` and labels ``[n]`` at ``indices``.

        A pair is averaged, halves rounded up, and has the label of its first image; the second
        image changes fastest. Every image with itself is a pair as well.
        """
        place = np.asarray(indices, np.int64)
        first, second = np.divmod(place - len(self.copies), max(1, self.mixed))
        single = place < len(self.copies)
        first, second = np.where(single, place, first), np.where(single, place, second)
        ours, theirs = self.copies.pixels[first], self.copies.pixels[second]
        # (a | b) - ((a ^ b) >> 1) is the average rounded up, without leaving 8 bits.
        return (ours | theirs) - ((ours ^ theirs) >> 1), self.copies.labels[first]

    def everything(self) -> tuple[Pixels, NDArray[np.int64]]:
        """Return all images and labels, for who needs them in memory.

        Raises
        ------
        InputError
            If they are too many for that.
        """
        if len(self) > MOST_AT_ONCE:
            raise InputError(
                f"{self.text!r} makes {len(self):,} images, more than the {MOST_AT_ONCE:,} that "
                "are held in memory: leave out mix"
            )
        return self.take(np.arange(len(self)))

    def with_more(self, images: Images) -> Self:
        """Return the expansion and further images, which are not mixed and follow its copies."""
        more = copy(self)
        more.copies = Images.concatenate([self.copies, images])
        return more


def _copies(images: Pixels, terms: Sequence[Term], seed: int) -> list[Pixels]:
    """Return the changed copies that ``terms`` ask for."""
    return [copies for term in terms for copies in term(images, seed)]
