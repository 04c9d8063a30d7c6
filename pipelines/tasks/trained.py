"""Finished trainings, read back: the classifier, how it was trained, and what it was tested on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from classifiers.config import Views
from groundwork.files import read_table
from pipelines.data.images import Images
from pipelines.data.reader import Preparation
from pipelines.errors import InputError, shown
from pipelines.tasks.not_sure import NotSure, read_not_sure
from pipelines.tasks.results import TrainTaskResult
from pipelines.workspace import CONFIG, MODEL, PREPARATION, RESULT, TEST, outputs_of

if TYPE_CHECKING:  # at run time it would import TensorFlow
    import keras


@dataclass(frozen=True)
class TrainedClassifier:
    """A folder ``outputs/train/…``.

    Raises
    ------
    InputError
        If the folder holds no finished training.
    """

    folder: Path

    @property
    def tested(self) -> bool:
        """Whether it was tested; not if it was trained on everything."""
        return "class_names" not in self._record

    @cached_property
    def class_names(self) -> list[str]:
        """The classes, in the order of the logits."""
        if not self.tested:
            names = self._record["class_names"]
            if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
                raise self._unfinished("result.json is damaged")
            return names
        return [one.name for one in self.result.scores.per_class]

    @cached_property
    def result(self) -> TrainTaskResult:
        """Scores and curves."""
        try:
            return TrainTaskResult.model_validate(self._record)
        except ValidationError as error:
            raise self._unfinished("result.json is not that of a tested training") from error

    @cached_property
    def _record(self) -> dict[str, Any]:
        try:
            record = json.loads((self.folder / RESULT).read_text(encoding="utf-8"))
        except OSError as error:
            raise self._unfinished(error.strerror or "cannot be read") from error
        except (ValueError, RecursionError) as error:
            raise self._unfinished("result.json is damaged") from error
        if not isinstance(record, dict):
            raise self._unfinished("result.json is damaged")
        return record

    def _unfinished(self, reason: str) -> InputError:
        return InputError(
            f"{self.folder} holds no finished training ({reason}): give a folder outputs/train/…"
        )

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What was asked for: `instance`, `arm` and more."""
        return read_table(self.folder / CONFIG)

    @property
    def instance(self) -> Path:
        """Folder of the images, `train.npz` and `test.npz`."""
        return outputs_of(self.folder) / str(self._asked("instance"))

    @cached_property
    def test(self) -> Images:
        """The test images."""
        return Images.load(self.instance / TEST)

    @cached_property
    def preparation(self) -> Preparation:
        """How a picture becomes one of the images that it was trained on.

        Raises
        ------
        InputError
            If that cannot be known any more: a guess would prepare other pictures than it knows.
        """
        path = self.folder / PREPARATION  # of a classifier that was handed over
        if not path.is_file():
            path = self.instance / PREPARATION
        if not path.is_file():
            raise InputError(
                f"{self.folder}: {path}, which says how its training prepared pictures, is not "
                f"there; copy it from where it was trained into {self.folder}"
            )
        try:
            return Preparation.model_validate(read_table(path))
        except ValidationError as error:
            raise InputError(f"{path} is damaged; give another folder") from error

    @cached_property
    def not_sure(self) -> NotSure | None:
        """When it is not sure; None where that was never found out."""
        return read_not_sure(self.folder)

    @property
    def sees(self) -> str:
        """What kind of images it was trained on, in words."""
        return f"images of {self.test.size[0]} pixels ({self.preparation.fit})"

    @cached_property
    def network(self) -> "keras.Model":
        """The classifier."""
        import ganaug.networks.layers  # noqa: F401  a discriminator may have become the classifier
        from classifiers.models.registry import load_model

        network = load_model(self.folder / MODEL)
        if network.output_shape[1] != len(self.class_names):
            raise InputError(
                f"{self.folder}: its {MODEL} tells {network.output_shape[1]} classes apart, its "
                f"{RESULT} names {len(self.class_names)}; train it again"
            )
        return network

    def probabilities(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Return the probability of each class ``[N, K]``, with the views it was tested with."""
        from classifiers.inference.probabilities import probabilities

        return probabilities(self.network, images, tta=self.views)

    @property
    def views(self) -> Views:
        """The views of an image that it was tested with."""
        tta = self._asked("arm", "train", "tta")
        if tta not in get_args(Views):
            raise InputError(f"{self.folder / CONFIG}: tta is {shown(tta)}; give another folder")
        found: Views = tta
        return found

    def seeing(self) -> "keras.Model":
        """Return it as one network, which averages those views itself."""
        from classifiers.inference.views import with_views

        return with_views(self.network, self.views)

    def as_vote(self) -> dict[str, Any]:
        """Return its settings for a vote that it is a member of, whose members have the views."""
        arm: dict[str, Any] = self._asked("arm")
        train = self._asked("arm", "train")
        return self.settings | {"arm": arm | {"train": train | {"tta": "none"}}}

    def _asked(self, *keys: str) -> Any:
        """Return a setting of the training."""
        found: Any = self.settings
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                raise InputError(
                    f"{self.folder / CONFIG} has no {'.'.join(keys)}: it is damaged, or of another "
                    "version; give another folder"
                )
            found = found[key]
        return found


def open_together(folders: Sequence[Path]) -> list[TrainedClassifier]:
    """Return several trainings that were tested on the same images.

    Raises
    ------
    InputError
        If none is given, one is not finished or was tested on nothing, or they were tested on
        different images.
    """
    found = [TrainedClassifier(folder) for folder in folders]
    if not found:
        raise InputError("no training named: give folders outputs/train/…")
    for one in found:
        if not one.tested:
            raise InputError(
                f"{one.folder} was trained on all images and tested on none: name trainings that "
                "were tested, folders outputs/train/…"
            )
    first, *others = found
    for other in others:
        if other.sees != first.sees:
            raise InputError(
                f"{other.folder} sees {other.sees}, {first.folder} {first.sees}: name trainings "
                "that see the same, or train them with one --size and --fit"
            )
        same = other.class_names == first.class_names
        if not same or other.test.digest() != first.test.digest():
            raise InputError(
                f"{other.folder} was tested on other images than {first.folder}; name trainings of "
                "one instance (the same number before the hash)"
            )
    return found
