"""The pictures of mistakes, and Grad-CAM beside them: drawn once, then read from files."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganaug.grids import save_picture
from groundwork.files import read_json, replacing
from pipelines import runtime
from pipelines.comparison.results import ComparisonResult
from pipelines.data.images import Images
from pipelines.errors import InputError, first_line
from pipelines.report.mistakes import Mistake
from pipelines.report.pictures import Picture, embed, enlarged, read_picture
from pipelines.tasks.trained import TrainedClassifier
from pipelines.workspace import CONFIG, MODEL

FOLDER = "mistakes"
"""Of a training: its mistakes' pictures, and what it looked at."""
UNEXPLAINED = "no-grad-cam.txt"
"""Says in that folder why there is no Grad-CAM, so that it is tried once."""
MODELS = 4
"""Classifiers that are loaded for Grad-CAM, at most: each takes seconds."""
SIDE = 176
"""Of a picture on the page, in pixels."""


@dataclass(frozen=True)
class Shown:
    """A mistake with its picture and, where there is one, what the classifier looked at."""

    mistake: Mistake
    picture: Picture | None
    heat: Picture | None


def show_mistakes(
    comparison: ComparisonResult, mistakes: Sequence[Mistake], outputs: Path
) -> tuple[list[Shown], str]:
    """Return mistakes with their pictures, and why some have no Grad-CAM; empty if all have.

    What is drawn is kept in the folder `mistakes` of each training. Pictures that are there are
    not drawn again; what can be drawn no more, because images or a classifier are gone, is missing.

    Parameters
    ----------
    comparison
        Whose mistakes they are.
    mistakes
        Which, the gravest first.
    outputs
        The folder that the runs' folders are relative to.
    """
    by_run: dict[Path, list[Mistake]] = {}
    for one in mistakes:
        by_run.setdefault(outputs / one.worst.run.folder, []).append(one)
    reasons = []
    for number, (folder, own) in enumerate(by_run.items()):
        _draw_pictures(comparison, outputs, folder, own)
        if number < MODELS:
            reasons.append(_draw_heat(folder, own))
        else:
            reasons.append(f"it is drawn for at most {MODELS} of the classifiers")
    shown = [
        Shown(one, _embedded(_path(folder, one)), _embedded(_path(folder, one, "-grad-cam")))
        for folder, one in ((outputs / one.worst.run.folder, one) for one in mistakes)
    ]
    return shown, "; ".join(dict.fromkeys(filter(None, reasons)))


def _path(folder: Path, one: Mistake, end: str = "") -> Path:
    return folder / FOLDER / f"{one.image[:16]}{end}.png"


def _embedded(path: Path) -> Picture | None:
    picture = read_picture(path)
    return embed(enlarged(np.asarray(picture), SIDE)) if picture else None


def _draw_pictures(
    comparison: ComparisonResult, outputs: Path, folder: Path, mistakes: Sequence[Mistake]
) -> None:
    """Keep the test images; those that are gone are left out."""
    missing = [one for one in mistakes if not _path(folder, one).is_file()]
    if not missing:
        return
    # A vote has no images of its own: those of another training of the instance are the same.
    instance = missing[0].worst.run.instance
    others = [outputs / run.folder for run in comparison.trainings if run.instance == instance]
    for home in (folder, *others):
        with suppress(InputError):  # gone, damaged, or where nothing may be written
            test = TrainedClassifier(home).test
            if all(_is_there(one, test) for one in missing):
                for one in missing:
                    picture = Image.fromarray(test.pixels[one.worst.index])
                    save_picture(picture, _path(folder, one))
                return


def _is_there(one: Mistake, test: Images) -> bool:
    at = one.worst.index
    return at < len(test) and test.class_names[test.labels[at]] == one.worst.label


def _draw_heat(folder: Path, mistakes: Sequence[Mistake]) -> str:
    """Keep what the classifier of a folder looked at; return why that cannot be had, or ''."""
    failed = folder / FOLDER / UNEXPLAINED
    missing = [one for one in mistakes if not _path(folder, one, "-grad-cam").is_file()]
    missing = [one for one in missing if _path(folder, one).is_file()]
    if not missing:
        return ""
    if failed.is_file():
        return failed.read_text(encoding="utf-8")
    network = _network(folder)
    if network is None:
        return "the classifier was not kept"
    pictures = [read_picture(_path(folder, one)) for one in missing]
    pixels = np.stack([np.asarray(picture) for picture in pictures if picture])
    classes = [one.worst.position for one in missing]
    try:
        drawn = _overlays(network, pixels, np.array(classes))
        for one, picture in zip(missing, drawn, strict=True):
            save_picture(Image.fromarray(picture), _path(folder, one, "-grad-cam"))
    except ValueError as error:  # bad input is one, and so is a network that cannot be cut
        reason = first_line(error)
        with suppress(InputError), replacing(failed) as part:
            part.write_text(reason, encoding="utf-8")
        return reason
    return ""


def _network(folder: Path) -> Path | None:
    """Return the folder of the classifier, of a vote that of its first member; None if gone."""
    members = read_json(folder / CONFIG).get("members", ()) if (folder / CONFIG).is_file() else ()
    places = (folder, *(folder.parent / name for name in members[:1]))
    return next((place for place in places if (place / MODEL).is_file()), None)


def _overlays(
    folder: Path, pixels: NDArray[np.uint8], classes: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Lay over images what speaks for a class of each."""
    runtime.quiet()
    from classifiers.evaluation.explain import grad_cam, overlay  # only now: it loads Keras

    return overlay(pixels, grad_cam(TrainedClassifier(folder).network, pixels, classes))
