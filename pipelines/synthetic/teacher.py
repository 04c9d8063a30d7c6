"""Labels from a teacher: what a large pre-trained network makes of synthetic images."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifiers.config import TrainConfig
from classifiers.frozen.linear import logistic_probe
from classifiers.frozen.probe import probe_features
from pipelines.data.images import Images

if TYPE_CHECKING:
    from classifiers.frozen.features import FeatureExtractor

TEACHER_SIZE = 160
"""Side in pixels at which the teacher sees images: 98 % right on two classes of CIFAR-10."""


def teacher_features(name: str, cache: Path | None = None) -> "FeatureExtractor":
    """Return the frozen network of a teacher.

    Raises
    ------
    InputError
        If there is no such backbone.
    """
    return probe_features(TrainConfig(model=name, model_params={"size": TEACHER_SIZE}), cache)


def teacher_labels(
    name: str, real: Images, images: Images, cache: Path | None = None
) -> NDArray[np.float32]:
    """Return the teacher's probabilities of each class for ``images``.

    The teacher is a logistic regression on the frozen features of a backbone, fitted to the real
    images that the classifier is trained on, and to no other; cross-validation chooses the penalty
    that makes it as sure as it should be. (A ridge probe whose temperature comes from left-out
    images is sure of everything, noise too, wherever it gets all of those right.) A small network
    thus inherits what the large one knows (distillation, Hinton et al. 2015) where it has no real
    images.

    Parameters
    ----------
    name
        A backbone with ImageNet weights, e.g. `efficientnet_lite0`.
    real
        The real training images.
    images
        Images of the same classes; their own labels are not looked at.
    cache
        Folder that keeps features between runs.

    Returns
    -------
    numpy.ndarray
        float32 ``[N, K]``, rows that sum to 1.
    """
    extract = teacher_features(name, cache)
    classes = len(real.class_names)
    features, groups = extract(real.pixels), real.groups()
    probe = logistic_probe(features, real.labels, classes, l2=None, groups=groups)
    return np.asarray(probe.predict_proba(extract(images.pixels)), np.float32)
