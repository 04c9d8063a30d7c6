"""The networks that judge generated images, by name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from classifiers.frozen.features import FeatureExtractor
from ganaug.quality.extractors import Extractor, RandomNetwork
from ganaug.quality.kid import kid
from pipelines.errors import InputError
from pipelines.recipes.rules import RANDOM

JUDGE_SIZE = 96
"""Side in pixels at which a judge sees samples of a training, or to choose among: quick."""


@dataclass(frozen=True)
class Pretrained:
    """A backbone with ImageNet weights, named with the size that it sees images at."""

    extractor: FeatureExtractor

    @property
    def name(self) -> str:
        """``<backbone>-<size>``."""
        return f"{self.extractor.name}-{self.extractor.size}"

    def __call__(self, images: NDArray[np.uint8], /) -> NDArray[np.float32]:
        """Return the features ``[N, D]``."""
        return self.extractor(images)


def open_judges(names: str, size: int, cache: Path | None = None) -> list[Extractor]:
    """Return the judges of a comma-separated list.

    Parameters
    ----------
    names
        Backbones, or `random`.
    size
        Side in pixels to which a backbone resizes images.
    cache
        Folder that keeps the features of a backbone between runs.

    Raises
    ------
    InputError
        None is named, or an unknown one.
    """
    chosen = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    if not chosen:
        raise InputError(f"no judge in {names!r}; name `random`, a backbone, or both")
    return [
        RandomNetwork() if name == RANDOM else Pretrained(FeatureExtractor(name, size, cache=cache))
        for name in chosen
    ]


def open_judge(name: str, size: int, cache: Path | None = None) -> Extractor:
    """Return one judge, as `open_judges` does.

    Raises
    ------
    InputError
        Several are named, none, or an unknown one.
    """
    found = open_judges(name, size, cache)
    if len(found) > 1:
        raise InputError(f"{len(found)} judges in {name!r}; name one here")
    return found[0]


@dataclass(frozen=True)
class KidToTraining:
    """Unbiased KID between samples and the training images: chooses a training's best step.

    Of a class-conditional generator it is the mean over the classes: all classes in one heap would
    not tell whether a sample is of the class that was asked for.

    It has no image to hold out: with 50 of a class the generator needs them all. Samples that copy
    would please it, so the copy test of `ganaug quality` has the last word.

    Attributes
    ----------
    extractor
        Whose features are compared.
    real
        Features of the training images, ``[N, D]``, class by class; of one network for one class or
        for unlabelled images a single array.
    """

    extractor: Extractor
    real: list[NDArray[np.float32]]

    @classmethod
    def of(
        cls, images: NDArray[np.uint8], judge: str, labels: NDArray[np.int64] | None = None
    ) -> Self:
        """Measure against these images, by the named judge; class by class if there are labels."""
        extractor = open_judge(judge, JUDGE_SIZE)
        features = extractor(images)
        if labels is None:
            return cls(extractor, [features])
        return cls(extractor, [features[labels == label] for label in np.unique(labels)])

    def __call__(self, samples: NDArray[np.uint8]) -> float:
        """Return the KID, lower is better; of several classes the samples come in turn."""
        features, classes = self.extractor(samples), len(self.real)
        return float(
            np.mean([kid(real, features[i::classes]).value for i, real in enumerate(self.real)])
        )
