"""Near duplicates: a picture encoded anew, resized, cropped, mirrored, or photographed twice.

Likely pairs are those whose mosaics of 8x8 cells correlate most, over crops and mirror images. Each
is verified by laying one picture on the other. What counts is not only how well they fit, but how
much better than a picture fits the *crowd*, the 50th most alike: digits, X-rays and textures are
all much alike without being the same, as Lowe's ratio test (2004) has it of points.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from groundwork.terminal import screen
from pipelines.data.alignment import Fit, align
from pipelines.data.images import pixel_hashes
from pipelines.data.labelled import in_order_met
from pipelines.data.remembered import remembered
from pipelines.data.thumbnails import CROPS, SIDE, Floats, Thumbnails, thumbnails

Positions = NDArray[np.int64]

LEAST_GREY, LEAST_EDGES, MOST_RATIO = 0.95, 0.75, 0.1
"""Correlations of grey values and of gradients that a pair needs; and the most that it may differ,
in parts of what a picture and its crowd differ by. Chosen on the first half of the CIFAR-10 part,
on mnist5k and on bursts: `make bench-findings`."""
MOST_TINT = 10.0
"""How much the mean colours of a pair may differ, in the halves that `Thumbnails.colour` counts in:
of 319 crops encoded anew none did by more than 7, of pictures taken at random half do."""
ROUGH_RATIO = 0.5
"""The most that a pair may differ at a first look: those that pass are laid on one another."""
TEXTURE_RATIO, TEXTURE_SAMPLE = 0.3, 256
"""The most that a pair may differ, in parts of what a picture differs from its crowd among so many
others that may be moved round by any way: a weave or a grid looks the same everywhere."""
CROWD, LEAST_CROWD = 50, 12
"""How many pictures may be alike before that says nothing: a fortieth of all, within these."""
LIKELY = 6
"""Pictures that each is verified against."""
FLAT = 3.0
"""Deviation of grey values, of 255, below which a picture shows nothing to be known again by."""
WHOLE_SEARCH = 25_000
"""Pictures up to which crops are looked for; of more, only what shows the whole picture again."""
SHOW_PROGRESS = 3000
"""Pictures from which on comparing them shows its progress."""
_TILE = 256, 2048
"""Correlations at a time: 2 MB, which stay in a processor's cache."""


class Pairs(NamedTuple):
    """Near duplicates, sorted.

    Attributes
    ----------
    first, second
        Positions, int64 ``[M]``, ``first < second``.
    mirrored
        Whether one shows the other's mirror image, ``[M]``.
    score
        Correlation of grey values, ``[M]``, up to 1.
    ratio
        How much they differ, in parts of what the crowd does, ``[M]``: the lower the surer.
    """

    first: Positions
    second: Positions
    mirrored: NDArray[np.bool_]
    score: Floats
    ratio: Floats


def near_groups(pixels: NDArray[np.uint8]) -> Positions:
    """Return a number for each picture, the same for those that must stay together, ``[N]``.

    Identical pictures are in one group, as are near duplicates of the same one. A group that grows
    beyond `CROWD` different pictures is a chain, not a scene: it is taken apart.

    Parameters
    ----------
    pixels
        uint8 ``[N, S, S, 3]``; 32 pixels a side are enough, 64 will do.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3), np.uint8)
    >>> pictures = noise.repeat(4, axis=1).repeat(4, axis=2)
    >>> near_groups(np.concatenate([pictures, pictures[:1, :, ::-1]])).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]
    """
    same = in_order_met(np.unique(pixel_hashes(pixels), return_inverse=True)[1])
    distinct = np.unique(same, return_index=True)[1]  # in the order of the pictures
    return in_order_met(grouped(near_pairs(pixels[distinct]), len(distinct))[same])


def grouped(pairs: Pairs, count: int) -> Positions:
    """Join pairs to groups of at most `CROWD` pictures; return a number for each picture.

    In a larger group only pairs that differ half as much count, then a quarter, then none.
    """
    kept = np.ones(len(pairs.first), bool)
    for bar in (MOST_RATIO / 2, MOST_RATIO / 4, 0.0):
        groups = _joined(pairs, kept, count)
        large = np.bincount(groups, minlength=1)[groups] > CROWD
        if not large.any():
            return in_order_met(groups)
        kept &= ~large[pairs.first] | (pairs.ratio <= bar)
    return in_order_met(_joined(pairs, kept, count))


def _joined(pairs: Pairs, kept: NDArray[np.bool_], count: int) -> Positions:
    links = (np.ones(int(kept.sum())), (pairs.first[kept], pairs.second[kept]))
    network = coo_array(links, shape=(count, count))
    return np.asarray(connected_components(network, directed=False)[1])


def near_pairs(pixels: NDArray[np.uint8], further: Positions | None = None) -> Pairs:
    """Find the near duplicates among pictures that are not identical.

    Parameters
    ----------
    pixels
        uint8 ``[N, S, S, 3]``.
    further
        More pairs to verify, ``[M, 2]``, such as those whose features are alike.

    Returns
    -------
    Pairs
        The same for the same pictures, whatever the machine.
    """
    if further is None or not len(further):
        return Pairs(*remembered("pairs", [pixels], __name__, lambda: _near_pairs(pixels)))
    return _near_pairs(pixels, further)


def _near_pairs(pixels: NDArray[np.uint8], further: Positions | None = None) -> Pairs:
    small = thumbnails(pixels)
    alive = np.flatnonzero(small.grey.std(axis=(1, 2)) >= FLAT)
    if len(alive) < 5:  # no crowd to tell them from
        none = np.zeros(0, np.int64)
        zero = none.astype(np.float32)
        return Pairs(none, none, none.astype(bool), zero, zero)
    few = Thumbnails(small.grey[alive], small.colour[alive])
    views = _Views(few, CROPS if len(alive) <= WHOLE_SEARCH else CROPS[:1])
    shown = [few.grey, few.colour]
    pairs, crowd = remembered("likely", shown, __name__, lambda: _likely(views))
    if further is not None and len(further):
        own = np.searchsorted(alive, further[np.isin(further, alive).all(axis=1)])
        pairs = np.concatenate([pairs, own, own[:, ::-1]])
    first, second, view = views.best(pairs)
    tint = few.colour.mean(axis=(1, 2))
    same = np.abs(tint[first] - tint[second]).max(axis=1) <= MOST_TINT
    first, second, view = first[same], second[same], view[same]
    found = _verified(few.grey, first, second, view, crowd, len(views.crops))
    return Pairs(alive[found.first], alive[found.second], *found[2:])


def _crowd(total: int) -> int:
    """Return how many others make the crowd; of a few dozen pictures, a quarter."""
    return min(CROWD, max(LEAST_CROWD, total // 40), max(3, total // 4))


class _Views:
    """Every picture whole, mirrored and not, to be found in the crops of every other."""

    def __init__(self, pictures: Thumbnails, crops: Floats) -> None:
        self.crops = crops
        self.shown = [pictures.mosaic(crop) for crop in crops]
        self.wanted = [self.shown[0], pictures.mirrored().mosaic(crops[0])]

    def alike(self, rows: slice) -> Floats:
        """Return how much some pictures are like all others at best, ``[R, N]``."""
        wanted = [one[rows] for one in self.wanted]
        count, total = len(wanted[0]), len(self.shown[0])
        found = np.full((count, total), -2, np.float32)
        room = np.empty(_TILE, np.float32)
        for left in range(0, total, _TILE[1]):
            tile = found[:, left : left + _TILE[1]]
            part = room[:count, : tile.shape[1]]
            best = np.full(tile.shape, -2, np.float32)
            for shown in self.shown:
                for one in wanted:
                    np.matmul(one, shown[left : left + _TILE[1]].T, out=part)
                    np.maximum(best, part, out=best)
            tile[:] = best
        return found

    def best(self, pairs: Positions) -> tuple[Positions, Positions, Positions]:
        """Return for each pair, once, which is seen in a crop of which, and the view."""
        pairs = np.unique(pairs, axis=0)
        alike = np.stack(
            [
                np.einsum("md,md->m", one[pairs[:, 0]], shown[pairs[:, 1]])
                for one in self.wanted
                for shown in self.shown
            ],
            axis=1,
        )
        # Of (a, b) and (b, a), whichever is more alike: one is a crop of the other.
        order = np.lexsort((-alike.max(axis=1), pairs.max(axis=1), pairs.min(axis=1)))
        ends = np.sort(pairs[order], axis=1)
        new = np.r_[True, (ends[1:] != ends[:-1]).any(axis=1)] if len(ends) else np.zeros(0, bool)
        kept = order[new]
        return pairs[kept, 0], pairs[kept, 1], alike[kept].argmax(axis=1)


def _likely(views: _Views) -> tuple[Positions, Floats]:
    """Return the likely pairs ``[M, 2]``, and how much each picture differs from its crowd."""
    total = len(views.shown[0])
    crowd = _crowd(total)
    most = min(max(LIKELY, crowd), total - 1)
    pairs, differs = [], np.empty(total, np.float32)
    console, hidden = screen(), total < SHOW_PROGRESS
    starts = range(0, total, _TILE[0])
    for start in track(
        starts, "comparing the images", console=console, transient=True, disable=hidden
    ):
        rows = np.arange(start, min(start + _TILE[0], total))
        alike = views.alike(slice(start, start + _TILE[0]))
        alike[np.arange(len(rows)), rows] = -2
        top = np.argpartition(alike, total - most, axis=1)[:, total - most :]
        values = np.take_along_axis(alike, top, axis=1)
        order = np.lexsort((top, -values), axis=1)
        differs[rows] = 1 - np.take_along_axis(values, order, axis=1)[:, crowd - 1]
        nearest = np.take_along_axis(top, order[:, :LIKELY], axis=1)
        pairs.append(np.stack([np.repeat(rows, nearest.shape[1]), nearest.ravel()], axis=1))
    return np.concatenate(pairs), differs


def _verified(
    grey: Floats,
    first: Positions,
    second: Positions,
    view: Positions,
    crowd: Floats,
    crops: int,
) -> Pairs:
    """Lay the first of each pair on the second, roughly and then exactly; return what fits."""
    half = grey.reshape(len(grey), SIDE // 2, 2, SIDE // 2, 2).mean(axis=(2, 4))
    mirrored = view >= crops
    differs = np.minimum(crowd[first], crowd[second])

    def fit(pictures: Floats, which: Positions, start: Floats, steps: int) -> Fit:
        moved = pictures[first[which]]
        moved = np.where(mirrored[which, None, None], moved[:, :, ::-1], moved)
        return align(pictures[second[which]], moved, start, steps)

    every = np.arange(len(first))
    # One step at half the size leaves a fiftieth of the pairs, and of 240 true ones all.
    rough = fit(half, every, CROPS[view % crops], 1)
    worth = every[1 - rough.grey <= ROUGH_RATIO * differs]
    exact = fit(grey, worth, rough.where[worth], 8)
    ratio = (1 - exact.grey) / np.maximum(differs[worth], 1e-6)
    good = (exact.grey >= LEAST_GREY) & (exact.edges >= LEAST_EDGES) & (ratio <= MOST_RATIO)
    good[good] = _no_texture(grey, first[worth[good]], 1 - exact.grey[good])
    kept = worth[good]
    ends = np.sort(np.stack([first[kept], second[kept]], axis=1), axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    return Pairs(
        ends[order, 0],
        ends[order, 1],
        mirrored[kept][order],
        exact.grey[good][order],
        np.asarray(ratio[good][order], np.float32),
    )


def _no_texture(grey: Floats, pictures: Positions, differs: Floats) -> NDArray[np.bool_]:
    """Return which pictures ``[M]`` differ from others by much more than in their pairs."""
    total = len(grey)
    sample = np.random.default_rng(0).permutation(total)[:TEXTURE_SAMPLE]
    crowd = _crowd(total) * len(sample) // total
    centred = grey - grey.mean(axis=(1, 2), keepdims=True)
    waves = np.fft.rfft2(centred[sample])
    lengths = np.linalg.norm(centred, axis=(1, 2))
    found = np.empty(len(pictures), bool)
    for at, picture in enumerate(pictures):
        moved = np.fft.irfft2(waves * np.fft.rfft2(centred[picture]).conj(), s=(SIDE, SIDE))
        alike = moved.max(axis=(1, 2)) / (lengths[sample] * lengths[picture])
        alike[sample == picture] = -1
        found[at] = differs[at] <= TEXTURE_RATIO * (1 - np.sort(alike)[::-1][crowd])
    return found
