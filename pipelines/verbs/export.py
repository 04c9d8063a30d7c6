"""`ganaug export`: a trained classifier in the format of another runtime."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from cyclopts import Parameter

from groundwork.files import as_path, scratch_folder
from pipelines import runtime
from pipelines.data.choosing import Fit
from pipelines.errors import InputError, first_line
from pipelines.tasks.finding import find_classifier
from pipelines.tasks.trained import TrainedClassifier
from pipelines.verbs.places import AnyPath

Format = Literal["savedmodel", "litert", "onnx"]
NAMES = {"savedmodel": "saved_model", "litert": "model.tflite", "onnx": "model.onnx"}
IMAGES = 16
"""Images on which the export is compared with the original."""
TOLERANCE = 1e-3
"""Largest difference of a probability that rounding in another order of sums explains."""
HALF_TOLERANCE = 0.05
"""The same where the classifier computes in half precision and its export in float32. Networks in
bfloat16 differ by some thousandths to hundredths; one that lost a weight by tenths."""


@dataclass(frozen=True)
class ExportResult:
    """An exported classifier.

    Attributes
    ----------
    path
        The file, or the folder of a SavedModel.
    input_shape
        Height, width and channels of the float32 images of 0..1 that it takes.
    fit
        How its training made pictures squares, which whoever runs it has to do as well.
    class_names
        The classes, in the order of its logits.
    largest_difference
        Between its probabilities and those of the Keras model, on the same images.
    centred
        Whether its training set pictures of less than 32 pixels a side in the middle of 32 black
        ones before that, as those of MNIST.
    """

    path: Path
    input_shape: tuple[int, int, int]
    fit: Fit
    class_names: list[str]
    largest_difference: float
    centred: bool = False

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        smaller = ", of less than 32 pixels a side in the middle of 32 black ones before that"
        return "\n".join(
            [
                f"exported: {self.path}",
                f"takes:    float32 images in 0..1, [N, {', '.join(map(str, self.input_shape))}], "
                f"made squares by {self.fit!r}{smaller * self.centred}",
                f"gives:    logits of {', '.join(self.class_names)}",
                f"checked:  loaded again, its probabilities of {IMAGES} random images differ from "
                f"Keras' by at most {self.largest_difference:.1e}",
            ]
        )


def export(
    model: AnyPath,
    *,
    form: Annotated[Format, Parameter(name=["--format", "--form"])] = "savedmodel",
    out: AnyPath | None = None,
    outputs: AnyPath = Path("outputs"),
) -> ExportResult:
    """Write a trained classifier in the format of another runtime.

    The export is loaded again and compared with the Keras model before it takes its place.

    Example: ``ganaug export outputs/train/demo-real-0-… --format onnx --out digits.onnx``

    Parameters
    ----------
    model
        Folder of a run of `ganaug compare`, or of a finished training, with `model.keras` and
        `result.json`; or `latest`: the newest classifier of `ganaug compare` in ``outputs``.
    form
        TensorFlow's SavedModel (a folder), LiteRT (`.tflite`, for telephones and small
        computers) or ONNX (needs the extra `ganaug[export]`).
    out
        Where to write it; by default into the classifier's folder.
    outputs
        Where `latest` is looked for.

    Returns
    -------
    ExportResult
        The file and how closely it follows the original.

    Raises
    ------
    InputError
        If the folder holds no classifier, a package is missing, ``out`` is in the way, or the
        export differs from the original.
    """
    classifier = TrainedClassifier(find_classifier(model, as_path(outputs)))
    class_names = classifier.class_names
    runtime.quiet()
    from classifiers.inference.export import check_exportable, export_model

    check_exportable(form)
    network, how = classifier.seeing(), classifier.preparation
    target = classifier.folder / NAMES[form] if out is None else as_path(out)
    if target.is_dir() and not (target / "saved_model.pb").is_file():
        raise InputError(f"{target} is a folder with other things: give --out another name")
    with ExitStack() as stack:
        try:
            scratch = stack.enter_context(scratch_folder(target.parent))
        except OSError as error:
            raise InputError(f"{target} cannot be written: {error.strerror}") from error
        made = scratch / NAMES[form]
        try:
            export_model(network, made, form)
            difference = _difference(classifier, made, form)
        except InputError:
            raise
        except Exception as error:  # each runtime has exceptions of its own
            raise InputError(
                f"{network.name} cannot be exported to {form}: {first_line(error)}"
            ) from error
        try:
            if target.is_dir():
                shutil.rmtree(target)
            made.replace(target)
        except OSError as error:  # a file where a folder is to be, or the other way round
            raise InputError(
                f"{target} cannot be written ({error.strerror}): give --out another name"
            ) from error
    shape = network.input_shape[1:]
    return ExportResult(target, shape, how.fit, class_names, difference, how.centred)


def _difference(classifier: TrainedClassifier, made: Path, form: Format) -> float:
    """Return the largest difference of a probability, if rounding explains it.

    From what the classifier answers to `predict`, and was tested with.
    """
    from classifiers.inference.export import exported_probabilities, in_half_precision

    network = classifier.network
    allowed = HALF_TOLERANCE if in_half_precision(network) else TOLERANCE
    images = np.random.default_rng(0).random((IMAGES, *network.input_shape[1:]), np.float32)
    theirs = exported_probabilities(made, form, images)
    largest = float(np.abs(theirs - classifier.probabilities(images)).max())
    if not largest <= allowed:
        raise InputError(
            f"the {form} export of {network.name} differs from the Keras model by {largest:.1e} "
            f"in a probability, {allowed:g} is allowed: it was not kept"
        )
    return largest
