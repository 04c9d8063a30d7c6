"""Copies: identical files, identical pixels, near duplicates; in one split, or across."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.data.duplicates import Pairs, grouped, near_pairs
from pipelines.data.images import pixel_hashes
from pipelines.findings.gallery import Gallery
from pipelines.findings.records import Action, Finding

Positions = NDArray[np.int64]


def identical(gallery: Gallery) -> tuple[list[Finding], Positions]:
    """Find pictures of the same pixels.

    Returns
    -------
    tuple
        The findings, and for each picture the position of the first one of its pixels, ``[N]``.
    """
    first: dict[str, int] = {}
    hashes = pixel_hashes(gallery.pixels)
    of = np.array([first.setdefault(one, at) for at, one in enumerate(hashes)], int)
    sets: dict[int, list[int]] = defaultdict(list)
    for at, origin in enumerate(of.tolist()):
        sets[origin].append(at)
    found: list[Finding] = []
    for members in sets.values():
        if len(members) > 1:
            found += _identical(gallery, members)
    return found, of


def near(
    gallery: Gallery, origin: Positions, features: NDArray[np.float32] | None
) -> tuple[list[Finding], Positions]:
    """Find near duplicates among the pictures that are first of their pixels.

    Returns
    -------
    tuple
        The findings, and a number for each picture, the same for those that belong together.
    """
    own = np.unique(origin)
    further = None if features is None else alike(features[own])
    pairs = near_pairs(gallery.pixels[own], further)
    groups = grouped(pairs, len(own))[np.searchsorted(own, origin)]
    ends = Pairs(own[pairs.first], own[pairs.second], *pairs[2:])
    return list(_near(gallery, ends, groups)), groups


def alike(features: NDArray[np.float32], neighbours: int = 5, least: float = 0.6) -> Positions:
    """Return pairs of pictures whose features have nearly one direction, ``[M, 2]``.

    Parameters
    ----------
    features
        ``[N, D]``.
    neighbours
        Of each picture.
    least
        Cosine, features less their mean.
    """
    rows = features - features.mean(axis=0)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    count = min(neighbours, len(rows) - 1)
    found = [np.zeros((0, 2), np.int64)]
    for start in range(0, len(rows) if count > 0 else 0, 512):
        cosine = rows[start : start + 512] @ rows.T
        at = np.arange(len(cosine))
        cosine[at, start + at] = -1
        top = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        near_enough = np.take_along_axis(cosine, top, axis=1) >= least
        of = np.repeat(start + at, count).reshape(top.shape)
        found.append(np.stack([of[near_enough], top[near_enough]], axis=1))
    return np.concatenate(found)


def _identical(gallery: Gallery, members: list[int]) -> Iterator[Finding]:
    how = _same(gallery)
    one = members[0]
    if len({gallery.labels[at] for at in members}) > 1:
        # Nobody but a person knows which label is right.
        for at in members:
            other = next(o for o in members if gallery.labels[o] != gallery.labels[at])
            yield _pair(gallery, at, other, "two labels", how(at, other), 1.0, "exclude")
        return
    for at in members[1:]:
        kind = "identical" if gallery.splits[at] == gallery.splits[one] else "across splits"
        yield _pair(gallery, at, one, kind, how(at, one), 1.0, "exclude")


def _near(gallery: Gallery, pairs: Pairs, groups: Positions) -> Iterator[Finding]:
    """Yield each picture of a kind once, beside the first other one: eight shots are seven rows."""
    told: set[tuple[int, str]] = set()
    for first, second, mirrored, score, _ in zip(*(part.tolist() for part in pairs), strict=True):
        if groups[first] != groups[second]:  # a chain that was taken apart
            continue
        rows, kind = [(second, first)], "near duplicate"
        if gallery.labels[first] != gallery.labels[second]:
            rows, kind = [(second, first), (first, second)], "two labels"
        elif gallery.splits[first] != gallery.splits[second]:
            kind = "across splits"
        for at, other in rows:
            if (at, kind) not in told:
                told.add((at, kind))
                yield _pair(gallery, at, other, kind, "mirrored" if mirrored else "near", score)


def _pair(
    gallery: Gallery,
    at: int,
    other: int,
    kind: str,
    how: str,
    score: float,
    action: Action = "keep",
) -> Finding:
    return Finding(
        file=gallery.names[at],
        class_name=gallery.class_names[gallery.labels[at]],
        split=gallery.splits[at],
        finding=kind,
        how=how,
        other_file=gallery.names[other],
        other_class=gallery.class_names[gallery.labels[other]],
        other_split=gallery.splits[other],
        score=score,
        action=action,
    )


def _same(gallery: Gallery) -> Callable[[int, int], str]:
    """Return what says whether two pictures of the same pixels are the same file, too."""

    def how(at: int, other: int) -> str:
        content = gallery.content(at)
        same = content is not None and content == gallery.content(other)
        return "same file" if same else "same pixels"

    return how
