"""Whether a classifier that was saved answers, in a process of its own, as it did when trained."""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundwork.files import replacing
from groundwork.npz import read_npz
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.tasks.workers import fresh_process
from pipelines.workspace import CHECK

PICTURES = 8
"""Training pictures that are answered."""
TOLERANCE = 0.01
"""Largest difference of a probability that rounding explains: sums in another order make some
1e-6, a GPU's shortened numbers some 1e-3. A network that lost a weight differs by tenths."""
SHOWN = 300
"""Characters of what Keras says where it cannot load: it lists every layer."""
SECONDS = 300.0
"""After which a process that does not answer counts as hung."""


def some(train: Images) -> NDArray[np.uint8]:
    """Return a few pictures, from the first to the last, uint8 ``[N, H, W, 3]``."""
    places = np.unique(np.linspace(0, len(train) - 1, PICTURES).round().astype(int))
    return np.asarray(train.pixels[places], np.uint8)


def write_check(folder: Path, pixels: NDArray[np.uint8], answered: NDArray[Any]) -> None:
    """Write pictures and what a classifier answered to them, ``[N, K]``, as `check.npz`."""
    with replacing(folder / CHECK) as part, part.open("wb") as file:
        np.savez_compressed(file, pixels=pixels, probabilities=answered)


def read_check(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return what `write_check` wrote.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    path = folder / CHECK
    arrays = read_npz(path) if path.is_file() else {}
    if not {"pixels", "probabilities"} <= arrays.keys():
        raise InputError(
            f"{path} does not say what the classifier answered when it was trained: delete its "
            "folder to train it again"
        )
    return arrays["pixels"], arrays["probabilities"]


def check_classifier(folder: Path, pixels: NDArray[np.uint8], expected: NDArray[Any]) -> float:
    """Load a classifier in a fresh process, and return the largest difference of a probability.

    That process does what `ganaug predict` does: nothing that this one knows helps it, but for what
    the user has registered.

    Parameters
    ----------
    folder
        The classifier's, as it is handed over.
    pixels
        Pictures, uint8 ``[N, H, W, 3]``, at the size that it takes.
    expected
        The probabilities that it gave when it was trained, ``[N, K]``.

    Raises
    ------
    InputError
        If it cannot be loaded there, or its answers differ by more than `TOLERANCE`.
    """
    with tempfile.TemporaryDirectory(prefix="ganaug-check-") as place:
        asked, answers, said = (Path(place, name) for name in ("asked.npy", "found.npy", "said"))
        np.save(asked, pixels)
        said.touch()
        with fresh_process(_answer, folder.resolve(), asked, answers, said) as process:
            process.join(SECONDS)
            if process.exitcode is None:
                raise _unfit(f"does not answer within {SECONDS:.0f} s")
        if process.exitcode:
            lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            reason = lines[-1].strip() if lines else f"exit status {process.exitcode}"
            raise _unfit(f"cannot be loaded: {reason[:SHOWN]}")
        found = np.load(answers)
    if found.shape != expected.shape:
        raise _unfit(f"gives probabilities of shape {found.shape} instead of {expected.shape}")
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:
        raise _unfit(
            f"answers differently: by {difference:.2g} in a probability of {len(pixels)} training "
            f"pictures, where {TOLERANCE:g} is allowed"
        )
    return difference


def _answer(folder: Path, asked: Path, answers: Path, said: Path) -> None:
    """Answer the pictures in a file with the classifier of a folder, and write that to a file.

    What the libraries say meanwhile, and why it failed, goes to another one.
    """
    with said.open("w", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    from pipelines import runtime
    from pipelines.tasks.trained import TrainedClassifier

    runtime.prepare()  # beside a process that may hold the GPU
    np.save(answers, TrainedClassifier(folder).probabilities(np.load(asked)))


def _unfit(what: str) -> InputError:
    return InputError(
        f"the classifier, loaded in a fresh process, {what}; it was not handed over, and what was "
        "handed over before is as it was: please report this, with the command"
    )
