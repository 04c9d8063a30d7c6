"""Pictures that show little: blank, dark, over-exposed, blurred."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import laplace

from pipelines.findings.gallery import Gallery
from pipelines.findings.records import Finding

BLANK = 3.0
"""Deviation of grey values, of 255."""
DARK, LIGHT = 50, 205
"""Grey values that the lightest, or the darkest, hundredth of a picture does not reach."""
BLURRED, OUTLYING = 0.1, 3.5
"""Sharpness in parts of the set's median; and how many robust deviations of its logarithm below:
digits in noise differ less than photographs do."""


def poor_pictures(gallery: Gallery, pixels: NDArray[np.uint8]) -> list[Finding]:
    """Find pictures that show little, each under the first kind that fits.

    Parameters
    ----------
    gallery
        What they are called.
    pixels
        The same pictures as large as they are looked at, uint8 ``[N, S, S, 3]``.
    """
    measures = [measure(picture) for picture in pixels]
    sharpness = np.array([one[3] for one in measures])
    lively = np.array([one[0] >= BLANK for one in measures], bool)
    usual = np.median(sharpness[lively]) if lively.any() else 1.0
    logs = np.log(np.maximum(sharpness, 1e-6) / max(usual, 1e-6))
    spread = 1.4826 * np.median(np.abs(logs[lively])) if lively.any() else 1.0
    found = []
    for at, (deviation, darkest, lightest, _) in enumerate(measures):
        relative = float(np.exp(logs[at]))
        if deviation < BLANK:
            kind, score = "blank", deviation
        elif lightest < DARK:
            kind, score = "dark", lightest
        elif darkest > LIGHT:
            kind, score = "over-exposed", darkest
        elif relative < BLURRED and logs[at] < -OUTLYING * spread:
            kind, score = "blurred", relative
        else:
            continue
        found.append(
            Finding(
                file=gallery.names[at],
                class_name=gallery.class_names[gallery.labels[at]],
                split=gallery.splits[at],
                finding=kind,
                score=score,
            )
        )
    return found


def measure(picture: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """Return deviation, darkest and lightest hundredth, and sharpness of the grey values.

    Sharpness is the variance of the Laplacian (Pech-Pacheco et al. 2000).
    """
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    darkest, lightest = np.percentile(grey, (1, 99))
    return float(grey.std()), float(darkest), float(lightest), float(laplace(grey).var())
