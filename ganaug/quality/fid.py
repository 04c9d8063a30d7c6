"""Fréchet (Inception) distance, where the number of images allows it."""

import numpy as np

from ganaug.errors import InputError
from ganaug.quality.measures import register_measure
from ganaug.quality.values import Features, Value, feature_pair

GROUPS = 10
"""Parts that each sample is cut into for the jackknife."""


def fid_obstacle(real: Features, fake: Features) -> str | None:
    """Say why the distance means nothing for these features, or return None where it does.

    With no more images than dimensions the covariances are singular and the estimate is nearly all
    bias: two samples of 50 from *one* 2048-dimensional Gaussian, its variances falling as 1/i, were
    measured 8.65 apart, more than the total variance of 8.20. The truth is 0.
    """
    dimensions = real.shape[1]
    if min(len(real), len(fake)) > dimensions:
        return None
    return (
        f"FID needs more real and generated images than feature dimensions ({dimensions:,}); "
        "read KID instead"
    )


@register_measure({"fid": "FID"}, obstacle=fid_obstacle)
def fid(real: Features, fake: Features) -> Value:
    """Return the Fréchet distance between Gaussians fitted to both samples.

    Biased upwards at every ``n``, so never to be read without that of real against real images at
    the same ``n``. The standard error is the jackknife over ten groups of each sample.

    Parameters
    ----------
    real, fake
        Features ``[N, D]`` and ``[M, D]``, ``N`` and ``M`` above ``D``.

    Raises
    ------
    InputError
        Too few images for that many dimensions.
    """
    real, fake = feature_pair(real, fake, least=2)
    if obstacle := fid_obstacle(real, fake):
        raise InputError(f"{len(real)} real and {len(fake)} generated images: {obstacle}")
    without_real = [_distance(part, fake) for part in _without_each_group(real)]
    without_fake = [_distance(real, part) for part in _without_each_group(fake)]
    variance = sum((GROUPS - 1) * np.var(v) for v in (without_real, without_fake))
    return Value(_distance(real, fake), float(np.sqrt(variance)))


def _distance(real: Features, fake: Features) -> float:
    """Return the distance; exact also where a covariance is singular.

    The trace of the root of the product of the covariances is the nuclear norm of
    ``Xc Ycᵀ / sqrt((n - 1)(m - 1))``. A QR decomposition of each centred sample leaves the singular
    values as they are and makes the matrix D x D. The matrix root itself is unstable here.
    """
    centred_real, centred_fake = real - real.mean(axis=0), fake - fake.mean(axis=0)
    root_real = np.linalg.qr(centred_real, mode="r") / np.sqrt(len(real) - 1)
    root_fake = np.linalg.qr(centred_fake, mode="r") / np.sqrt(len(fake) - 1)
    shared = np.linalg.svd(root_real @ root_fake.T, compute_uv=False).sum()
    shift = real.mean(axis=0) - fake.mean(axis=0)
    return float(shift @ shift + (root_real**2).sum() + (root_fake**2).sum() - 2 * shared)


def _without_each_group(sample: Features) -> list[Features]:
    group = np.arange(len(sample)) % GROUPS
    return [sample[group != left_out] for left_out in range(GROUPS)]
