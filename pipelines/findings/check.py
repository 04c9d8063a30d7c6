"""The whole check of a data set: copies, labels, pictures that show little."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundwork.settings import Result
from groundwork.terminal import screen
from pipelines.errors import InputError
from pipelines.findings.copies import identical, near
from pipelines.findings.gallery import Gallery
from pipelines.findings.labels import label_findings
from pipelines.findings.looks import poor_pictures
from pipelines.findings.records import KINDS, Finding

Features = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

BACKBONE, SIZE = "efficientnet_lite01", 160
"""Whose features say what pictures show, and the side in pixels at which it sees them."""
MOST_DEEP = 3000
"""Pictures up to which they are computed unasked: 15 ms each on two cores."""
_BATCH = 512


class Findings(Result):
    """What a check found."""

    rows: list[Finding]
    """The gravest kind first; in a kind in the order of the pictures, labels by their doubt."""
    unchecked: list[str]
    """What was not checked, and why."""

    def of(self, kind: str) -> list[Finding]:
        """Return the findings of a kind."""
        return [one for one in self.rows if one.finding == kind]


def check(gallery: Gallery, deep: bool | None = None, cache: Path | None = None) -> Findings:
    """Check a data set.

    Parameters
    ----------
    gallery
        Its pictures.
    deep
        Whether to look at what pictures show as well, by the features of a pre-trained network:
        labels, classes alike, more near duplicates. None: up to `MOST_DEEP` pictures.
    cache
        Folder that keeps the features between runs.
    """
    pixels = gallery.looked_at() if deep or len(gallery) <= MOST_DEEP else gallery.pixels
    found, origin = identical(gallery)
    features, unchecked = None, []
    if deep is None and len(gallery) > MOST_DEEP:
        unchecked.append(
            f"labels were not checked: {len(gallery)} images are more than {MOST_DEEP} "
            "(--deep does)"
        )
    elif deep is None or deep:
        try:
            features = compute(open_features(cache), pixels)
        except (InputError, ImportError, OSError) as error:
            unchecked.append(f"labels were not checked: {' '.join(str(error).split())}")
    else:
        unchecked.append("labels were not checked: --no-deep")
    copies, groups = near(gallery, origin, features)
    found += copies + poor_pictures(gallery, pixels)
    if features is not None:
        try:
            doubts, notes = label_findings(gallery, features, groups)
            found += doubts
            unchecked += notes
        except InputError as error:  # copies in several classes may leave no folds to check in
            unchecked.append(f"labels were not checked: {error}")
    order = list(KINDS)
    return Findings(rows=sorted(found, key=lambda f: order.index(f.finding)), unchecked=unchecked)


def open_features(cache: Path | None) -> Features:
    """Return the network whose weights come with a package: no download."""
    from pipelines.runtime import quiet

    quiet()
    from classifiers.frozen.features import FeatureExtractor  # only now: it loads Keras

    return FeatureExtractor(BACKBONE, SIZE, cache=cache)


def compute(features: Features, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the features of pictures ``[N, D]``, and show how far they are."""
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    parts = []
    with Progress(*columns, console=screen(), transient=True) as bar:
        row = bar.add_task("looking at the images", total=len(pixels))
        for start in range(0, len(pixels), _BATCH):
            parts.append(features(pixels[start : start + _BATCH]))
            bar.update(row, completed=start + len(parts[-1]))
    return np.concatenate(parts)
