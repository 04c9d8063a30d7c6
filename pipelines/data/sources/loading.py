"""A data set from its name or path."""

from dataclasses import replace
from pathlib import Path

from pipelines.data.reader import Fit
from pipelines.data.sources import tfds
from pipelines.data.sources.embedded import MNIST5K, load_mnist5k
from pipelines.data.sources.folder import load_folder
from pipelines.data.sources.listing import list_folder
from pipelines.data.sources.npz import load_npz
from pipelines.data.sources.registry import named_sources
from pipelines.data.sources.source import Source
from pipelines.errors import InputError, unknown_name

AUTO = "auto"
FIRST_CHOICE = "cifar10"
"""What `auto` takes if it can be had."""


def load_source(
    name: str = AUTO,
    *,
    data_dir: Path | None = None,
    fit: Fit = "crop",
    skip_bad: bool = False,
) -> Source:
    """Load a data set.

    Parameters
    ----------
    name
        One of:

        - `mnist5k`: 5,000 digits that come with a package; always there; or another data set
          that was added by `register_source`;
        - a name of tensorflow-datasets, such as `cifar10`, `fashion_mnist` or `emnist/letters`;
        - a folder with a sub-folder of images for each class, or with such folders in `train`,
          `test` and perhaps `valid`; it goes before a data set of the same name, with a note;
        - a file ending in `.npz`;
        - `auto`: CIFAR-10 if it lies on this disk or can be downloaded, else `mnist5k`.
    data_dir
        Where tensorflow-datasets keeps its data; None: the environment variable
        GANAUG_DATA_DIR, or else its own choice.
    fit
        How pictures that are no squares become some: as in `pipelines.data.sources.pixels.decode`.
    skip_bad
        Go on without the pictures of a folder that cannot be read.

    Returns
    -------
    Source
        Its notes say what was chosen, left out or replaced.

    Raises
    ------
    InputError
        If there is no such data set, or it cannot be read or downloaded.
    """
    if name == AUTO:
        return _auto(data_dir, fit)
    if name in named_sources():
        return named_sources()[name].load()
    path = Path(name).expanduser()
    written_as_path = path.is_absolute() or name.startswith((".", "~")) or path.suffix == ".npz"
    builder = None if written_as_path else tfds.find(name, data_dir)
    if builder is not None and _is_image_folder(path):
        own = load_folder(path, fit, skip_bad)
        note = (
            f"the folder {path} was read, not the data set of that name, which is found from "
            "any folder without one"
        )
        return replace(own, notes=[note, *own.notes])
    if builder is not None:
        return tfds.load_tfds(builder, fit)
    if path.suffix == ".npz":
        return load_npz(path)
    if path.exists() or len(path.parts) > 1 or written_as_path:
        return load_folder(path, fit, skip_bad)
    raise unknown_name("data set or folder", name, list_sources())


def _is_image_folder(path: Path) -> bool:
    """Whether there is a folder of classes; tensorflow-datasets keeps other files in its own."""
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


def _auto(data_dir: Path | None, fit: Fit) -> Source:
    """Return CIFAR-10, or the digits with a note that says why."""
    try:
        source = tfds.load_tfds(tfds.find(FIRST_CHOICE, data_dir), fit)
        note = f"{AUTO} chose {FIRST_CHOICE}"
    except InputError as error:
        source = load_mnist5k()
        note = f"{AUTO} chose {MNIST5K}: {error}"
    return replace(source, notes=[note, *source.notes])
