"""The real images that a bank was trained on, and those that it never saw, found by content."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganaug.bank.bank import Bank, ClassConfig
from ganaug.quality.assessment import FEWEST, ClassImages
from pipelines.augment.offline import Expansion
from pipelines.data.images import EVERY_CLASS, Images
from pipelines.errors import InputError
from pipelines.workspace import TEST, TRAIN, find_instances, outputs_of


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
    outputs = outputs_of(bank.folder)
    folders = [instance] if instance else find_instances(outputs)
    names = [one.class_name for one in bank.configs]
    projected = any(one.config.get("discriminator") == "projected" for one in bank.configs)
    without = None
    for folder in folders:
        try:
            train = Images.load(folder / TRAIN)
        except InputError:
            if instance:
                raise
            continue  # it may be another run's
        if all(_digest(train, one) == one.images_sha256 for one in bank.configs):
            test = _test_images(folder / TEST, names)
            fewest = min(map(len, test.values())) if test else 0
            enough = fewest >= FEWEST
            reals = Reals(
                train=_by_class(train, names),
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


def _digest(images: Images, trained: ClassConfig) -> str | None:
    """Return what identifies the images that a generator would have been trained on."""
    name = trained.class_name
    if name not in (*images.class_names, EVERY_CLASS):
        return None
    pixels = _of_class(images, name)
    if trained.expanded:
        scope, seed = trained.config.get("scope"), int(trained.config.get("seed", 0))
        label = None if name == EVERY_CLASS else images.class_names.index(name)
        real = images if scope != "class" else images.select(images.labels == label)
        pixels, labels = Expansion(real, trained.expanded, seed).everything()
        pixels = pixels[labels == label] if scope == "conditional" else pixels
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def _by_class(images: Images, names: Iterable[str]) -> ClassImages:
    return {
        name: images.in_turn().pixels if name == EVERY_CLASS else _of_class(images, name)
        for name in names
    }


def _of_class(images: Images, name: str) -> NDArray[np.uint8]:
    if name == EVERY_CLASS:
        return images.pixels
    return images.of_class(images.class_names.index(name))
