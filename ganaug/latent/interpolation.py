"""Ways between two points of the latent space."""

import numpy as np


def slerp(start: np.ndarray, end: np.ndarray, fraction: float | np.ndarray) -> np.ndarray:
    """Interpolate on the sphere, where the latent vectors of a normal distribution lie.

    A straight line between two of them runs through shorter vectors than any in training.

    Parameters
    ----------
    start, end
        ``[..., L]``.
    fraction
        0 gives `start`, 1 gives `end`; broadcasts over the leading axes of both.

    Examples
    --------
    >>> slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5).round(3).tolist()
    [0.707, 0.707]
    """
    fraction = np.asarray(fraction, start.dtype)[..., None]
    lengths = [np.linalg.norm(v, axis=-1, keepdims=True) for v in (start, end)]
    cosine = np.sum(start * end, axis=-1, keepdims=True) / np.maximum(lengths[0] * lengths[1], 1e-9)
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    parallel = sine < 1e-4
    safe = np.where(parallel, 1, sine)
    first = np.where(parallel, 1 - fraction, np.sin((1 - fraction) * angle) / safe)
    second = np.where(parallel, fraction, np.sin(fraction * angle) / safe)
    mixed: np.ndarray = first * start + second * end
    return mixed
