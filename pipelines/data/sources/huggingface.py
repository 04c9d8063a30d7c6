"""Data sets of Hugging Face's `datasets`, in the folder that its `save_to_disk` wrote."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.data.choosing import Fit
from pipelines.data.pool import of_reader
from pipelines.data.reader import Indices, Numbered
from pipelines.data.sources.formats import Encoded, in_order
from pipelines.data.sources.grouping import Grouping
from pipelines.data.sources.pictures import Pictures
from pipelines.data.sources.roles import role_of
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError, first_line, unknown_name

ONE, SEVERAL = ("state.json", "dataset_info.json"), ("dataset_dict.json",)
"""Files beside one data set, and beside the folders of several splits."""
UNLABELLED = -1


def is_saved(path: Path) -> bool:
    """Whether a folder is one that `save_to_disk` wrote."""
    return any(all((path / name).is_file() for name in names) for names in (ONE, SEVERAL))


def load_huggingface(path: Path, fit: Fit, skip_bad: bool, group_by: str | None = None) -> Source:
    """Open a data set that `save_to_disk` wrote; its pictures are read when they are asked for.

    Parameters
    ----------
    path
        The folder of a `Dataset` or of a `DatasetDict`. It has one column of images, and one of
        labels: a `ClassLabel`, or else text, or numbers in a column called `label`.
    fit
        How pictures become squares.
    skip_bad
        Go on without pictures that cannot be read, and say so in the notes.
    group_by
        A column: pictures with the same value belong together. None: each stands for itself.

    Raises
    ------
    InputError
        If the extra is not installed, or the folder is damaged or holds something else.
    """
    splits, notes = _splits(path, _opened(path))
    image, column = _columns(path, splits["train"])
    given = _class_names(splits["train"], column)
    parts: dict[str, tuple[Any, list[str]]] = {}
    for part, data in splits.items():
        cells = data[column][:] if column in data.column_names else [None]
        if any(cell is None or cell == UNLABELLED for cell in cells):
            notes.append(f"the {part} split has images without labels and was left aside")
        else:
            parts[part] = (data, _named(cells, _class_names(data, column) or given))
    if "train" not in parts:
        raise InputError(f"{path}: its train split has images without labels; label them")
    names = tuple(given or in_order(set(parts["train"][1])))
    position = {name: at for at, name in enumerate(names)}
    groups = _grouped(path, {part: data for part, (data, _) in parts.items()}, group_by)
    pools = {}
    for part, (data, cells) in parts.items():
        labels = [position.get(cell, UNLABELLED) for cell in cells]
        if UNLABELLED in labels:
            unknown = cells[labels.index(UNLABELLED)]
            raise unknown_name(f"label of the {part} split of {path}", unknown, names)
        numbers, open_ = Numbered(len(data)), _open(data, image)
        reader = Pictures(str(path), numbers, open_, fit=fit, skip_bad=skip_bad)
        together = groups.numbers.get(part)
        pools[part] = of_reader(reader, labels, names, path.resolve().name, together)
    notes.append(f"read images from {image!r}, labels from {column!r}")
    return from_splits(path.resolve().name, pools, [*notes, *groups.notes], own=True)


def _opened(path: Path) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            f"{path} is a data set of Hugging Face's datasets, which is not installed: "
            'pip install "ganaug[huggingface]", or save its images in folders'
        ) from error
    try:
        return datasets.load_from_disk(str(path))
    except Exception as error:  # of Arrow, of JSON and its own
        raise InputError(f"{path} cannot be read ({first_line(error)}); save it anew") from error


def _splits(path: Path, opened: Any) -> tuple[dict[str, Any], list[str]]:
    """Return what was saved by the role of each split; one that says none is the pool."""
    if not hasattr(opened, "keys"):
        return {"train": opened}, []
    found: dict[str, Any] = {}
    beside = []
    for name, data in opened.items():
        role = role_of(name)
        if role is None or role in found:
            beside.append(name)
        else:
            found[role] = data
    if "train" not in found:
        if len(opened) == 1:
            return {"train": next(iter(opened.values()))}, []
        raise InputError(f"{path} has splits {', '.join(opened)}, but none called train; add one")
    notes = [f"splits that are not used were left aside: {', '.join(beside)}"] if beside else []
    return found, notes


def _columns(path: Path, data: Any) -> tuple[str, str]:
    """Return the names of the columns of images and of labels."""
    import datasets

    kinds = data.features
    images = [name for name, kind in kinds.items() if isinstance(kind, datasets.Image)]
    labels = [name for name, kind in kinds.items() if isinstance(kind, datasets.ClassLabel)]
    values = {name: kind.dtype for name, kind in kinds.items() if isinstance(kind, datasets.Value)}
    texts = [name for name, dtype in values.items() if dtype in ("string", "large_string")]
    named = [name for name in (*labels, *values) if name in ("label", "labels")]
    labels = named if len(named) == 1 else labels or texts
    if (len(images), len(labels)) != (1, 1):
        raise InputError(
            f"{path} has columns {', '.join(map(repr, kinds))}, {len(images)} of images and "
            f"{len(labels)} that may be labels; keep one of type Image and one of type ClassLabel "
            "(select_columns, cast_column)"
        )
    return images[0], labels[0]


def _class_names(data: Any, column: str) -> list[str] | None:
    """Return the names of the classes that a split numbers; None where its labels are as written.

    Each split has a list of its own, and a number may mean another class in another split.
    """
    return getattr(data.features[column], "names", None)


def _named(cells: Sequence[Any], names: Sequence[str] | None) -> list[str]:
    """Return labels by name; those that have no name as they are written."""
    known = dict(enumerate(names or ()))
    return [known.get(cell, str(cell)) for cell in cells]


def _grouped(path: Path, parts: dict[str, Any], group_by: str | None) -> Grouping:
    if group_by is None:
        return Grouping()
    columns = parts["train"].column_names
    if group_by not in columns:
        raise unknown_name(f"column of {path} to group by", group_by, columns)
    cells = {
        part: [None if cell is None else str(cell) for cell in data[group_by]]
        for part, data in parts.items()
    }
    names = {part: Numbered(len(data)) for part, data in parts.items()}
    return Grouping.of(cells, names, "have a value there", group_by)


def _open(data: Any, image: str) -> Any:
    """Return what gives the encoded pictures at some positions."""
    import datasets

    encoded = data.select_columns([image]).cast_column(image, datasets.Image(decode=False))

    def some(positions: Indices) -> Iterator[Encoded]:
        return (partial(_content, encoded, image, at) for at in np.asarray(positions).tolist())

    return some


def _content(data: Any, image: str, at: int) -> bytes:
    """Return a picture's bytes, which the data set holds itself or has the path of."""
    cell = data[at][image]
    if cell is None:
        raise OSError("there is none")
    content: bytes | None = cell["bytes"]
    return content if content is not None else Path(cell["path"]).read_bytes()
