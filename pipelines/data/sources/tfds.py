"""Data sets by name, through tensorflow-datasets."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pipelines import runtime
from pipelines.data.choosing import Fit
from pipelines.data.pool import of_reader
from pipelines.data.reader import Indices, InMemory, Numbered, Preparation, Reader
from pipelines.data.sources.download import download
from pipelines.data.sources.formats import Encoded
from pipelines.data.sources.pictures import Pictures
from pipelines.data.sources.pixels import DEFAULT_SIZE, from_arrays
from pipelines.data.sources.source import Source, from_splits
from pipelines.errors import InputError

DATA_DIR = "GANAUG_DATA_DIR"
"""Environment variable: where tensorflow-datasets keeps its data, unless told otherwise."""
NAME = re.compile(r"\w+(/[\w.-]+)?(:[\d.*]+)?")
"""Name, configuration and version: `cifar10`, `emnist/letters`, `cifar10:3.0.2`."""
ROLES = {"train": "train", "test": "test", "validation": "valid"}
"""What we call its splits; it has others, such as unlabelled or extra images."""
CLASS_NAMES = {
    name: tuple(text.split(", "))
    for name, text in {
        "cifar10": "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
        "fashion_mnist": "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, "
        "Bag, Ankle boot",
    }.items()
}
"""Classes that some prepared copies only number."""
BATCH = 256
"""Records read at a time."""
IN_MEMORY = 2**29
"""Bytes of images of one size that are kept decoded; of larger sets only what is asked for."""


def list_names() -> list[str]:
    """Return the image-classification sets that tensorflow-datasets knows by name.

    It has a few more: whatever holds one image and one label a record can be loaded.
    """
    import tensorflow_datasets as tfds

    known = sorted(set(tfds.list_builders(with_community_datasets=False)))
    return [name for name in known if _classifies(tfds.builder_cls(name))]


def find(name: str, data_dir: Path | None) -> Any | None:
    """Return the builder of a data set; None if tensorflow-datasets does not know its name.

    Parameters
    ----------
    name
        May go on with a configuration and a version: `emnist/letters`, `cifar10:3.0.2`.
    data_dir
        Where it keeps its data; None: GANAUG_DATA_DIR, or else its own choice.

    Raises
    ------
    InputError
        If there is no such configuration or version.
    """
    import tensorflow_datasets as tfds

    if not NAME.fullmatch(name):
        return None
    try:
        with _quiet():
            return tfds.builder(name, data_dir=data_dir or os.environ.get(DATA_DIR) or None)
    except tfds.core.DatasetNotFoundError:
        return None
    except (ValueError, AssertionError) as error:  # its own checks of configuration and version
        reason = re.split(r"\.\s", str(error).rpartition('}": ')[2])[0].rstrip(".")
        raise InputError(f"data set {name!r}: {reason}; leave out what follows the name") from error


def is_prepared(builder: Any) -> bool:
    """Return whether a data set lies on this disk, ready to be read."""
    with _quiet():
        return bool(builder.is_prepared())


def load_tfds(builder: Any, fit: Fit = "crop", skip_bad: bool = False) -> Source:
    """Open a data set on this disk, after its download if it is not there yet.

    Parameters
    ----------
    builder
        From `find`.
    fit
        How pictures become squares.
    skip_bad
        Go on without pictures that cannot be read, and say so in the notes.

    Raises
    ------
    InputError
        If it is not for image classification, or cannot be downloaded.
    """
    name = builder.info.name
    if builder.builder_config is not None:
        name = f"{name}/{builder.builder_config.name}"
    image, label = _keys(name, builder)
    notes = []
    if not is_prepared(builder):
        download(builder)
        notes.append(f"downloaded into {builder.data_dir_root}")
    class_names = _class_names(name, builder.info.features[label])  # some come by the download
    parts = {}
    roles = _roles(builder.info.splits)
    at_hand = _are_small(builder, [*roles], image)
    for split, role in roles.items():
        labels = np.concatenate([*_read(builder, split, label), np.empty(0, np.int64)])
        if labels.min(initial=0) < 0:
            notes.append(f"the {split} split has no labels and was left aside")
            continue
        reader = _reader(builder, split, image, fit, at_hand=at_hand, skip_bad=skip_bad)
        parts[role] = of_reader(reader, labels, class_names, name)
    return from_splits(name, parts, notes)


def _are_small(builder: Any, splits: Sequence[str], image: str) -> bool:
    """Whether the images of each split are of one size, and few enough to be kept decoded.

    That is asked of all splits at once, for those who test on one what another has taught.
    """
    shape = builder.info.features[image].shape
    most = max(builder.info.splits[split].num_examples for split in splits)
    return None not in shape and bool(most * np.prod(shape) <= IN_MEMORY)


def _reader(
    builder: Any, split: str, image: str, fit: Fit, *, at_hand: bool, skip_bad: bool
) -> Reader:
    """Return what reads the images of a split: all at once where they are to be at hand."""
    sides = builder.info.features[image].shape[:2]
    centred = None not in sides and max(sides) < DEFAULT_SIZE
    if at_hand:
        images = np.concatenate([*_read(builder, split, image)])
        return InMemory(from_arrays(images, fit), Preparation(fit=fit, centred=centred))

    def some(positions: Indices) -> Iterator[Encoded]:
        """Go through the records once: only their bytes are copied."""
        wanted, at = set(positions.tolist()), 0
        last = int(positions[-1]) if len(positions) else -1
        for batch in _read(builder, split, image, encoded=True):
            yield from (one for number, one in enumerate(batch, start=at) if number in wanted)
            at += len(batch)
            if at > last:
                return

    numbers = Numbered(builder.info.splits[split].num_examples)
    name = f"the {split} split of {builder.info.name}"
    return Pictures(name, numbers, some, fit=fit, skip_bad=skip_bad, centred=centred)


def _roles(splits: Any) -> dict[str, str]:
    """Return what each split is for; without one to train on, the first is the only pool."""
    if "train" not in splits:
        return {next(iter(splits)): "train"}
    return {split: role for split, role in ROLES.items() if split in splits}


def _keys(name: str, builder: Any) -> tuple[str, str]:
    """Return the names of the image and of the label in a record."""
    from tensorflow_datasets import features as kinds

    features = builder.info.features
    images = [key for key, kind in features.items() if isinstance(kind, kinds.Image)]
    labels = [key for key, kind in features.items() if isinstance(kind, kinds.ClassLabel)]
    supervised = builder.info.supervised_keys or ()
    # A record may hold several; where the set itself does not say which count, they must be alone.
    images = [key for key in images if key in supervised] or images
    labels = [key for key in labels if key in supervised] or labels
    if (len(images), len(labels)) != (1, 1) or features[images[0]].np_dtype != np.uint8:
        raise InputError(
            f"data set {name!r} does not hold one 8-bit image and one label a record; "
            "choose one for image classification"
        )
    return images[0], labels[0]


def _class_names(name: str, label: Any) -> tuple[str, ...]:
    """Return the names of the classes; numbers only where nobody knows better."""
    names = tuple(label.names)
    numbers = tuple(str(number) for number in range(len(names)))
    return CLASS_NAMES.get(name, names) if names == numbers else names


def _read(builder: Any, split: str, key: str, *, encoded: bool = False) -> Iterator[Any]:
    """Yield batches of one feature of a split, in the order in which it is stored."""
    runtime.quiet()
    import tensorflow as tf
    import tensorflow_datasets as tfds

    decoders = {key: tfds.decode.SkipDecoding()} if encoded else {}
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        decoders=tfds.decode.PartialDecoding({key: True}, decoders=decoders),
        read_config=tfds.ReadConfig(try_autocache=False),
    )
    try:
        for batch in tfds.as_numpy(dataset.batch(BATCH)):
            yield batch[key]
    except tf.errors.OpError as error:
        raise _damaged(builder, split, error.message.partition("\n")[0]) from error


def _damaged(builder: Any, split: str, reason: str) -> InputError:
    return InputError(
        f"the {split} split of {builder.info.name} cannot be read ({reason}); "
        f"delete {builder.data_dir} to prepare it again"
    )


def _classifies(builder_class: Any) -> bool:
    """Whether a data set is filed under image classification, by module or by tag."""
    if "image_classification" in builder_class.__module__:
        return True
    return "ml.task.image-classification" in builder_class.get_metadata().tags


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep tensorflow-datasets from warning that what is not there yet is not there."""
    logger = logging.getLogger("absl")
    logger.disabled, before = True, logger.disabled
    try:
        yield
    finally:
        logger.disabled = before
