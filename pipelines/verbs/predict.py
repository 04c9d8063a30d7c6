"""`ganaug predict`: what a trained classifier says of new images."""

import csv
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines import runtime
from pipelines.data.sources.formats import legible
from pipelines.data.sources.loading import FILES
from pipelines.data.sources.pixels import decode_all
from pipelines.data.sources.tree import Disk
from pipelines.data.sources.walk import HEIC, walk
from pipelines.errors import InputError
from pipelines.tasks.trained import TrainedClassifier

SHOWN = 3
"""Classes an image in the table, the most probable first."""


@dataclass(frozen=True)
class PredictResult:
    """Class probabilities of images.

    Attributes
    ----------
    files
        The images.
    class_names
        The classes, in the order of the probabilities.
    probabilities
        One row an image, each adding up to 1.
    form
        How they are printed.
    """

    files: list[Path]
    class_names: list[str]
    probabilities: list[list[float]]
    form: Literal["table", "csv", "json"]

    @property
    def best(self) -> list[str]:
        """The most probable class of each image."""
        return [self.class_names[row.index(max(row))] for row in self.probabilities]

    def __str__(self) -> str:
        """Return the predictions as a table, CSV or JSON."""
        shown = [legible(str(file)) for file in self.files]
        rows = list(zip(shown, self.best, self.probabilities, strict=True))
        if self.form == "json":
            records = [
                {
                    "file": file,
                    "class": best,
                    "probabilities": dict(zip(self.class_names, row, strict=True)),
                }
                for file, best, row in rows
            ]
            return json.dumps(records, indent=1)
        if self.form == "csv":
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(["file", "class", *self.class_names])
            writer.writerows([file, best, *(f"{p:.6f}" for p in row)] for file, best, row in rows)
            return text.getvalue().rstrip("\n")
        width = max(map(len, shown))
        name = max(map(len, self.class_names))
        lines = []
        for file, _, row in rows:
            likely = sorted(zip(row, self.class_names, strict=True), reverse=True)[:SHOWN]
            cells = [f"{label:{name}} {chance:6.1%}" for chance, label in likely]
            lines.append("  ".join([f"{file:{width}}", *cells]))
        return "\n".join(lines)


def predict(
    images: list[Path],
    *,
    model: Path,
    form: Literal["table", "csv", "json"] = "table",
    skip_bad: bool = False,
) -> PredictResult:
    """Classify image files with a classifier that `ganaug classify` trained.

    Example: ``ganaug predict photographs/*.jpg --model outputs/train/demo-real-0-…``

    Parameters
    ----------
    images
        Image files, or folders of them; of a folder, whatever is no picture is passed over.
    model
        Folder of a finished training, with `model.keras` and `result.json`.
    form
        How to print: a table of the three most probable classes, or CSV or JSON of all.
    skip_bad
        Go on without images that cannot be read; they are named on stderr.

    Returns
    -------
    PredictResult
        The probabilities.

    Raises
    ------
    InputError
        If an image cannot be read, or the folder holds no classifier.
    """
    classifier = TrainedClassifier(model)
    class_names = classifier.class_names
    files = [file for path in images for file in _files(path)]
    if not files:
        raise InputError("no image to classify: give image files or folders of them")
    runtime.quiet()
    size = classifier.network.input_shape[1]
    read = decode_all([files], len(files), size, "reading", classifier.preparation)
    if read.bad:
        message = f"{len(read.bad)} of {len(files)} images cannot be read: {read.unread(files)}"
        if not skip_bad or not len(read.good):
            raise InputError(f"{message}; replace them, or go on without them (--skip-bad)")
        print(f"left out: {message}", file=sys.stderr)
        files = [files[position] for position in read.good]
    probabilities = classifier.probabilities(read.pixels[read.good])
    return PredictResult(files, class_names, probabilities.tolist(), form)


def _files(path: Path) -> list[Path]:
    """Return the pictures of a folder, or the file itself, whatever it is called."""
    if not path.is_dir():
        if path.suffix.lower() in FILES:
            raise InputError(
                f"{path} is no image; give image files or folders of them (an archive unpacked, of "
                "a table the folder that its images lie in)"
            )
        return [path]
    try:
        found = walk(Disk(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error}); check its permissions") from error
    if found.heic:
        print(f"left out: {len(found.heic)} {HEIC} in {path}", file=sys.stderr)
    return [path / name for name in found.pictures]
