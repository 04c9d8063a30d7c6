"""A data set from its name or path."""

from dataclasses import replace
from pathlib import Path

from groundwork.files import as_path
from pipelines.data.choosing import Fit
from pipelines.data.reader import USUAL
from pipelines.data.sources import tfds
from pipelines.data.sources.archive import load_zip
from pipelines.data.sources.embedded import MNIST5K, load_mnist5k
from pipelines.data.sources.folder import load_folder
from pipelines.data.sources.formats import legible
from pipelines.data.sources.huggingface import is_saved, load_huggingface
from pipelines.data.sources.listing import list_folder
from pipelines.data.sources.nothing import TABLES
from pipelines.data.sources.npz import load_npz
from pipelines.data.sources.registry import named_sources
from pipelines.data.sources.source import Source
from pipelines.data.sources.table import load_table
from pipelines.errors import InputError, unknown_name

AUTO = "auto"
FILES = (".npz", ".zip", *TABLES)
"""Endings of files of the user's own."""
FIRST_CHOICE = "cifar10"
"""What `auto` takes if it can be had."""


def load_source(
    name: str = AUTO,
    *,
    data_dir: Path | None = None,
    fit: Fit = "crop",
    skip_bad: bool = False,
    group_by: str | None = None,
) -> Source:
    r"""Load a data set.

    Parameters
    ----------
    name
        One of:

        - `mnist5k`: 5,000 digits that come with a package; always there; or another data set
          that was added by `register_source`;
        - a name of tensorflow-datasets, such as `cifar10`, `fashion_mnist` or `emnist/letters`;
        - a folder with a sub-folder of images for each class, or with such folders in `train`,
          `test` and perhaps `valid`; it goes before a data set of the same name, with a note;
        - a file ending in `.zip` with such folders in it, which is not unpacked;
        - a file ending in `.csv` or `.tsv` with the path, the label and perhaps the split of each
          image;
        - a folder that `save_to_disk` of Hugging Face's datasets wrote, with the extra
          `huggingface`;
        - a file ending in `.npz`;
        - `auto`: CIFAR-10 if it lies on this disk or can be downloaded, else `mnist5k`.
    data_dir
        Where tensorflow-datasets keeps its data; None: the environment variable
        GANAUG_DATA_DIR, or else its own choice.
    fit
        How pictures that are no squares become some: as in `pipelines.data.sources.pixels.decode`.
    skip_bad
        Go on without pictures that cannot be read.
    group_by
        What images that belong together have in common: they stay on one side of every split. A
        column of a table; `parent`, the folder below that of their class; or a regular expression,
        whose first group, or else all of it, is searched for in their paths: ``(patient\d+)``.

    Returns
    -------
    Source
        Its notes say what was chosen, left out or replaced.

    Raises
    ------
    InputError
        If there is no such data set, or it cannot be read or downloaded.
    """
    if legible(name) != name:
        raise InputError(
            f"{name!r} holds line ends or bytes that are no UTF-8, which no report can show; "
            "rename it, or go there and give it as '.'"
        )
    path = as_path(name)
    ending = path.suffix.lower()
    written_as_path = path.is_absolute() or name.startswith((".", "~")) or ending in FILES
    if name == AUTO or name in named_sources():
        _refuse_groups(name, group_by)
        source = _auto(data_dir, fit, skip_bad) if name == AUTO else named_sources()[name].load()
        source = replace(source, notes=[*source.notes, *_fitted_otherwise(source, fit)])
        if not path.exists():
            return source
        note = f"the data set {name} was read, not what is called so here: give ./{name} for that"
        return replace(source, notes=[note, *source.notes])
    builder = None if written_as_path else tfds.find(name, data_dir)
    if builder is not None and _is_image_folder(path):
        own = _load_path(path, fit, skip_bad, group_by)
        note = (
            f"the folder {path} was read, not the data set of that name, which is found from "
            "any folder without one"
        )
        return replace(own, notes=[note, *own.notes])
    if builder is not None:
        _refuse_groups(name, group_by)
        return tfds.load_tfds(builder, fit, skip_bad)
    if path.exists() or len(path.parts) > 1 or written_as_path:
        return _load_path(path, fit, skip_bad, group_by)
    raise unknown_name("data set or folder", name, list_sources())


def _load_path(path: Path, fit: Fit, skip_bad: bool, group_by: str | None) -> Source:
    """Load a folder or file of the user's own."""
    ending = path.suffix.lower()
    if path.is_dir():
        load = load_huggingface if is_saved(path) else load_folder
        return load(path, fit, skip_bad, group_by)
    if ending == ".npz":
        _refuse_groups(str(path), group_by)
        return load_npz(path, fit)
    if ending == ".zip":
        return load_zip(path, fit, skip_bad, group_by)
    if ending in TABLES:
        return load_table(path, fit, skip_bad, group_by)
    return load_folder(path, fit, skip_bad, group_by)


def _fitted_otherwise(source: Source, fit: Fit) -> list[str]:
    """Say where a fit that was asked for is not that of a source, which was added with its own."""
    own = source.train.preparation.fit
    if fit in (own, USUAL.fit):
        return []
    return [f"data.fit {fit!r} was not heeded: {source.name} makes its images by {own!r}"]


def _refuse_groups(name: str, group_by: str | None) -> None:
    if group_by is not None:
        raise InputError(
            f"data.group_by '{group_by}': the images of {name} have neither paths nor columns to "
            "be grouped by; leave it out"
        )


def _is_image_folder(path: Path) -> bool:
    """Whether there is a folder of classes; tensorflow-datasets keeps other files in its own."""
    if is_saved(path):
        return True
    try:
        list_folder(path)
    except InputError:
        return False
    return True


def list_sources() -> dict[str, str]:
    """Return the names that `load_source` takes, beside paths, each with what it stands for."""
    known = {AUTO: f"{FIRST_CHOICE} if it can be had, else {MNIST5K}"}
    known |= {name: one.summary for name, one in named_sources().items()}
    return known | dict.fromkeys(tfds.list_names(), "from tensorflow-datasets")


def _auto(data_dir: Path | None, fit: Fit, skip_bad: bool) -> Source:
    """Return CIFAR-10, or the digits with a note that says why."""
    try:
        source = tfds.load_tfds(tfds.find(FIRST_CHOICE, data_dir), fit, skip_bad)
        note = f"{AUTO} chose {FIRST_CHOICE}"
    except InputError as error:
        source = load_mnist5k()
        note = f"{AUTO} chose {MNIST5K}: {error}"
    return replace(source, notes=[note, *source.notes])
