"""The networks that judge generated images, by name; and the real images to judge against."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from classifiers.features import FeatureExtractor
from ganaug import Bank
from ganaug.files import read_json
from ganaug.quality import ClassImages, Extractor, RandomNetwork
from ganaug.quality.assessment import FEWEST
from ganaug.quality.kernel_distance import kid
from pipelines.choosing import RANDOM
from pipelines.errors import InputError
from pipelines.images import Images
from pipelines.tasks import EVERY_CLASS

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


@dataclass(frozen=True)
class Reals:
    """The real images of a bank's classes.

    Attributes
    ----------
    train
        Those that the generators were trained on.
    held_out
        Those that they never saw; None where there are none.
    projected
        Whether a pre-trained network helped to train the generators.
    too_few
        Test images of the class that has fewest, where that is too few to hold out; else None.
    """

    train: ClassImages
    held_out: ClassImages | None
    projected: bool
    too_few: int | None = None


def find_reals(bank: Bank, instance: Path | None) -> Reals:
    """Find the images that a bank was trained on, and check by content that they are those.

    Parameters
    ----------
    bank
        The generators.
    instance
        Folder with `train.npz` and, for images to hold out, `test.npz`; None to look through
        `instance/` in the outputs folder that the bank lies in; of several with these training
        images, the first that has test images is taken.

    Raises
    ------
    InputError
        If the images are not found, or are others than those trained on.
    """
    outputs = bank.folder.resolve().parent.parent
    found = sorted((outputs / "instance").glob("*/train.npz"))
    folders = [instance] if instance else [path.parent for path in found]
    configs = [read_json(path) for path in sorted(bank.folder.glob("[0-9]*-*/config.json"))]
    digests = {config["class_name"]: config["images_sha256"] for config in configs}
    projected = any(config["config"].get("discriminator") == "projected" for config in configs)
    without = None
    for folder in folders:
        train = Images.load(folder / "train.npz")
        if all(_digest(train, name) == digest for name, digest in digests.items()):
            test = _test_images(folder / "test.npz", digests)
            fewest = min(map(len, test.values())) if test else 0
            enough = fewest >= FEWEST
            reals = Reals(
                train=_by_class(train, digests),
                held_out=test if enough else None,
                projected=projected,
                too_few=None if enough or not fewest else fewest,
            )
            if enough:
                return reals
            without = without or reals
    if without is not None:
        return without
    where = instance or outputs / "instance"
    raise InputError(
        f"{where} does not hold the images that {bank.folder} was trained on; "
        "name the folder of its train.npz and test.npz with --instance"
    )


def _test_images(path: Path, names: Iterable[str]) -> ClassImages:
    return _by_class(Images.load(path), names) if path.is_file() else {}


def _digest(images: Images, name: str) -> str | None:
    if name not in (*images.class_names, EVERY_CLASS):
        return None
    pixels = _of_class(images, name)
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def _by_class(images: Images, names: Iterable[str]) -> ClassImages:
    return {
        name: images.in_turn().images if name == EVERY_CLASS else _of_class(images, name)
        for name in names
    }


def _of_class(images: Images, name: str) -> NDArray[np.uint8]:
    if name == EVERY_CLASS:
        return images.images
    return images.of_class(images.class_names.index(name))
