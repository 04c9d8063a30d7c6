"""Train generators: of one class, or one for all classes together."""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ganaug.arrays import check_images
from ganaug.config import MIN_IMAGES, GanConfig
from ganaug.errors import InputError
from ganaug.files import class_folder_name
from ganaug.grids import save_picture
from ganaug.model.gan import GAN
from ganaug.networks.common import check_size
from ganaug.training.callbacks import GRID_COLUMNS, draw_grid
from ganaug.training.checkpoint import check_same, in_its_precision
from ganaug.training.export import export_discriminator
from ganaug.training.pictures import draw_all
from ganaug.training.record import Record, read_record
from ganaug.training.session import Session, provenance
from groundwork.files import read_json, replacing, write_json

Progress = Callable[[int, int], None]
Quality = Callable[[np.ndarray], float]
Backbone = Callable[[], keras.Model]


def train(
    images: np.ndarray,
    config: GanConfig,
    folder: Path,
    *,
    class_name: str,
    progress: Progress | None = None,
    backbone: Backbone | None = None,
    quality: Quality | None = None,
) -> Record:
    """Train a GAN on the images of one class.

    A finished folder is not trained again; an interrupted one goes on from its last checkpoint
    and ends with the weights that an uninterrupted training would have.

    Parameters
    ----------
    images
        uint8 ``[N, size, size, 3]``, at least 8 different ones; size a multiple of 8, 32 to 128.
    config
        Every setting.
    folder
        Gets ``generator.keras``, ``discriminator.keras`` (as `export_discriminator` gives it, at
        the last step), ``config.json``, ``history.json``, ``record.json`` (measurements, the step
        that was kept, restarts, seconds), ``grid.png``, ``grids/`` and what
        :func:`ganaug.training.pictures.draw_all` makes of them.
    class_name
        Written to ``config.json``; a :class:`ganaug.Bank` knows the generator by it.
    progress
        Called with (steps done, steps in all).
    backbone
        Makes the network of a projected discriminator, see :class:`ganaug.model.gan.GAN`.
    quality
        Measures uint8 samples ``[N, size, size, 3]``, lower is better; the generator that measured
        best is kept. Without it the last one is.

    Returns
    -------
    Record
        The curves by name, as in :data:`ganaug.model.gan.CURVES`, the measurements, the step that
        was kept, restarts and seconds.

    Raises
    ------
    InputError
        Unfit images, a folder that holds another training, or a training that broke down.
    """
    started = time.perf_counter()
    settings = _describe(images, config, class_name)
    if _is_finished(folder, settings):
        return read_record(folder)
    gan = _build(images, in_its_precision(folder, config), backbone)
    session = Session(gan, images, None, folder, settings, progress, quality, started)
    record = session.run()
    _save(gan.sampler, folder / "generator.keras")
    _save(export_discriminator(gan), folder / "discriminator.keras")
    save_picture(draw_grid(gan, session.shown()), folder / "grid.png")
    draw_all(folder, {folder: gan.sampler}, record)
    session.finish(record)
    return record


def train_classes(
    images: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    config: GanConfig,
    folder: Path,
    *,
    progress: Progress | None = None,
    backbone: Backbone | None = None,
    quality: Quality | None = None,
) -> Record:
    """Train one class-conditional GAN on all classes; `folder` becomes a :class:`ganaug.Bank`.

    Classes share what they have in common. Each is saved as a generator of its own, so nothing
    that samples a bank needs to know how it was trained.

    Parameters
    ----------
    labels
        int ``[N]``, indices into `class_names`; at least 8 different images of each class.
    quality
        Measures samples of all classes in turn: the label of sample i is ``i % classes``. Asked
        only once labels count in full, at the end of ``config.label_ramp``.

    See Also
    --------
    train : has the other parameters.
    """
    started = time.perf_counter()
    counts = np.bincount(labels, minlength=len(class_names))
    if len(labels) != len(images) or len(counts) > len(class_names):
        raise InputError(
            f"{len(labels)} labels up to {labels.max()} for {len(images)} images of "
            f"{len(class_names)} classes; pass a label below the number of classes for each image"
        )
    described = [
        _describe(images[labels == label], config, name) for label, name in enumerate(class_names)
    ]
    settings = described[0] | {
        "class_name": list(class_names),
        "images": len(images),
        "images_sha256": [d["images_sha256"] for d in described],
    }
    if _is_finished(folder, settings):
        return read_record(folder)
    gan = _build(images, in_its_precision(folder, config), backbone, len(class_names))
    whole = labels.astype(np.int32)
    session = Session(gan, images, whole, folder, settings, progress, quality, started)
    record = session.run()
    save_picture(draw_grid(gan, session.shown()), folder / "grid.png")
    generators = {}
    for label, class_settings in enumerate(described):
        target = folder / class_folder_name(label, class_settings["class_name"])
        generators[target] = gan.class_generator(label)
        _save(generators[target], target / "generator.keras")
        _save(export_discriminator(gan, label), target / "discriminator.keras")
        grid = draw_grid(gan, images[labels == label][:GRID_COLUMNS], label)
        save_picture(grid, target / "grid.png")
        write_json(target / "config.json", class_settings | provenance(gan.config))
    draw_all(folder, generators, record)
    session.finish(record)
    return record


def _is_finished(folder: Path, settings: dict[str, Any]) -> bool:
    """Tell whether the folder holds this very training; raise InputError if another one."""
    marker = folder / "config.json"
    if not marker.exists():
        return False
    check_same(marker, read_json(marker), settings)
    return True


def _build(
    images: np.ndarray, config: GanConfig, backbone: Backbone | None, classes: int = 0
) -> GAN:
    gan = GAN(images.shape[1], config, backbone, classes)
    if gan.feature_network is not None:
        gan.feature_network.calibrate(images)
    return gan


def _save(model: keras.Model, path: Path) -> None:
    with replacing(path) as part:
        model.save(part)


def _describe(images: np.ndarray, config: GanConfig, class_name: str) -> dict[str, Any]:
    """Return what identifies a training, after checking the images.

    Raises
    ------
    InputError
        Too few different images, or of an unfit shape.
    """
    different = len({image.tobytes() for image in images})
    if different < MIN_IMAGES:
        raise InputError(
            f"class {class_name!r} has {len(images)} images, {different} of them different; "
            f"a GAN needs at least {MIN_IMAGES} different ones"
        )
    check_images(images)
    size = check_size(*images.shape[1:3])
    return {
        "class_name": class_name,
        "image_size": size,
        "images": len(images),
        "images_sha256": hashlib.sha256(images.tobytes()).hexdigest(),
        "config": config.model_dump(mode="json"),
    }
