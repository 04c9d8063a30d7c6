"""`ganaug predict`: what a trained classifier says of new images."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundwork.files import as_path
from groundwork.names import few
from groundwork.terminal import say
from pipelines import runtime
from pipelines.data.sources.formats import legible
from pipelines.data.sources.loading import FILES
from pipelines.data.sources.lost import what_is_dim
from pipelines.data.sources.pixels import Decoded, decode_all
from pipelines.data.sources.tree import Disk
from pipelines.data.sources.walk import HEIC, walk
from pipelines.errors import InputError, within
from pipelines.tasks.finding import LATEST, find_classifier
from pipelines.tasks.trained import TrainedClassifier

Form = Literal["table", "csv", "json"]
AT_ONCE = 2048
"""Pictures in memory at a time: 300 MB of 224 pixels a side."""
SHOWN = 3
"""Classes an image in the table, the most probable first."""


class UnreadError(InputError):
    """Images cannot be read; `reasons` says why, of each of them."""

    def __init__(self, message: str, reasons: Sequence[str]) -> None:
        super().__init__(message)
        self.reasons = reasons


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
    threshold
        The least highest probability of an answer that counts, 0..1; None where all do.
    """

    files: list[Path]
    class_names: list[str]
    probabilities: list[list[float]]
    form: Form
    threshold: float | None = None

    @property
    def best(self) -> list[str]:
        """The most probable class of each image."""
        return [self.class_names[row.index(max(row))] for row in self.probabilities]

    @property
    def sure(self) -> list[bool]:
        """Whether the answer to each image counts: its highest probability says how sure it is."""
        return [self.threshold is None or max(row) >= self.threshold for row in self.probabilities]

    def __str__(self) -> str:
        """Return the predictions as a table, CSV or JSON."""
        shown = [legible(str(file)) for file in self.files]
        return {"table": self._table, "csv": self._csv, "json": self._json}[self.form](shown)

    @property
    def records(self) -> list[dict[str, Any]]:
        """What is said of each image, for other programs; `sure` where there is a threshold."""
        return [
            {
                "class": best,
                **({} if self.threshold is None else {"sure": sure}),
                "probabilities": dict(zip(self.class_names, row, strict=True)),
            }
            for best, sure, row in zip(self.best, self.sure, self.probabilities, strict=True)
        ]

    def _json(self, shown: list[str]) -> str:
        pairs = zip(shown, self.records, strict=True)
        return json.dumps([{"file": file, **record} for file, record in pairs], indent=1)

    def _csv(self, shown: list[str]) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        known = self.threshold is not None
        writer.writerow(["file", "class", *self.class_names, *["sure"] * known])
        for file, best, sure, row in zip(
            shown, self.best, self.sure, self.probabilities, strict=True
        ):
            said = ["yes" if sure else "no"] * known
            writer.writerow([file, best, *(f"{p:.6f}" for p in row), *said])
        return text.getvalue().rstrip("\n")

    def _table(self, shown: list[str]) -> str:
        width = max(map(len, shown))
        name = max(map(len, self.class_names))
        lines = []
        for file, sure, row in zip(shown, self.sure, self.probabilities, strict=True):
            chances = zip(self.class_names, row, strict=True)
            likely = sorted(chances, key=lambda one: -one[1])[:SHOWN]  # of equal ones as in `best`
            cells = [f"{label:{name}} {chance:6.1%}" for label, chance in likely]
            lines.append("  ".join([f"{file:{width}}", *cells, *["not sure"] * (not sure)]))
        if self.threshold is not None:
            unsure = len(lines) - sum(self.sure)
            lines += [
                "",
                f"not sure: {unsure} of {len(lines)}, whose highest probability is below "
                f"{100 * self.threshold:.1f} %",
            ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Classifier:
    """A trained classifier; what it needs is read once.

    Attributes
    ----------
    trained
        What was read back.
    """

    trained: TrainedClassifier

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.trained.folder

    @property
    def class_names(self) -> list[str]:
        """The classes, in the order of the probabilities."""
        return self.trained.class_names

    def predict(
        self,
        images: Sequence[str | Path] | str | Path,
        *,
        sure: float | None = None,
        skip_bad: bool = False,
        form: Form = "table",
    ) -> PredictResult:
        """Classify image files, or folders of them; see `predict`."""
        if sure is not None:
            within("--sure", sure, 0, 1)
        given = [images] if isinstance(images, str | Path) else _paths(images)
        class_names = self.class_names
        files = [file for path in given for file in _files(as_path(path))]
        if not files:
            raise InputError("no image to classify: give image files or folders of them")
        runtime.quiet()
        answers: list[NDArray[np.float32]] = []
        good: list[int] = []
        bad: dict[int, str] = {}
        dim: dict[int, int] = {}
        for start in range(0, len(files), AT_ONCE):
            read = self._read(files[start : start + AT_ONCE])
            bad |= {start + at: reason for at, reason in read.bad.items()}
            dim |= {start + at: bits for at, bits in read.dim.items()}
            good += (start + read.good).tolist()
            if skip_bad or not bad:  # else nothing is answered, but all of those are named
                answers.append(self.trained.probabilities(read.pixels[read.good]))
        if bad:
            unread = few([f"{files[at]} ({reason})" for at, reason in bad.items()])
            message = f"{len(bad)} of {len(files)} images cannot be read: {unread}"
            if not skip_bad or not good:
                message += "; replace them, or go on without them (--skip-bad)"
                raise UnreadError(message, list(bad.values()))
            say(f"left out: {message}")
        for note in what_is_dim(dim.values(), len(files)):
            say(note)
        files = [files[position] for position in good]
        probabilities = np.concatenate(answers)
        if sure is None and self.trained.not_sure is not None:
            sure = self.trained.not_sure.threshold
        return PredictResult(files, class_names, probabilities.tolist(), form, sure or None)

    def get_ready(self) -> None:
        """Load the network and let it answer once, or whoever asks first waits for that."""
        runtime.quiet()
        self.trained.probabilities(np.zeros((1, *self.trained.network.input_shape[1:]), np.uint8))

    def _read(self, files: Sequence[Path]) -> Decoded:
        """Read pictures as those of the training were."""
        size = self.trained.network.input_shape[1]
        return decode_all([files], len(files), size, "reading", self.trained.preparation)


def load(model: str | Path = LATEST, outputs: str | Path = "outputs") -> Classifier:
    """Open a classifier that `compare` or `classify` trained, to predict with it many times.

    Parameters
    ----------
    model
        As in `predict`; by default the newest of `compare` in ``outputs``.
    outputs
        Where `latest` is looked for.

    Raises
    ------
    InputError
        If the folder holds no classifier.
    """
    return Classifier(TrainedClassifier(find_classifier(model, as_path(outputs))))


def predict(
    images: list[Path],
    *,
    model: Path,
    form: Form = "table",
    sure: float | None = None,
    skip_bad: bool = False,
    outputs: Path = Path("outputs"),
) -> PredictResult:
    """Classify image files with a classifier that `ganaug compare` or `classify` trained.

    Example: ``ganaug predict photographs/*.jpg --model latest``

    Parameters
    ----------
    images
        Image files, or folders of them; of a folder, whatever is no picture is passed over.
    model
        Folder of a run of `ganaug compare`, or of a finished training, with `model.keras` and
        `result.json`; or `latest`: the newest classifier of `ganaug compare` in ``outputs``.
    form
        How to print: a table of the three most probable classes, or CSV or JSON of all.
    sure
        The least highest probability, 0..1, of an answer that counts; pictures below it are marked
        as not sure. By default the classifier's own, if it has one; 0 marks none.
    skip_bad
        Go on without images that cannot be read; they are named on stderr.
    outputs
        Where `latest` is looked for.

    Returns
    -------
    PredictResult
        The probabilities.

    Raises
    ------
    InputError
        If an image cannot be read, or the folder holds no classifier.
    """
    return load(model, outputs).predict(images, sure=sure, skip_bad=skip_bad, form=form)


def _paths(images: object) -> list[str | Path]:
    """Return what was given if it is paths; a caller in Python may give pictures in memory."""
    given = list(images) if isinstance(images, Iterable) else [images]
    paths = [one for one in given if isinstance(one, str | Path)]
    if len(paths) < len(given):
        wrong = next(one for one in given if not isinstance(one, str | Path))
        raise InputError(
            f"predict takes image files or folders of them, received {type(wrong).__name__}: save "
            "it as a picture first"
        )
    return paths


def _files(path: Path) -> list[Path]:
    """Return the pictures of a folder, or the file itself, whatever it is called."""
    path = as_path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError(f"{path} is neither file nor folder: reading it might never end")
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
        say(f"left out: {len(found.heic)} {HEIC} in {path}")
    return [path / name for name in found.pictures]
