"""How instances are made from a source: drawn, folded, or by the source's own split."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from groundwork.settings import Settings
from pipelines.data.choosing import ALL, Count, Draw, choose_classes
from pipelines.data.duplicates import near_groups
from pipelines.data.images import Images
from pipelines.data.instances import Instance, check_disjoint, gather, instance, shuffled
from pipelines.data.splits import stratified_folds
from pipelines.errors import InputError

if TYPE_CHECKING:  # no training may depend on how folders are read
    from pipelines.data.sources import Source

Protocol = Literal["draws", "folds", "split", "whole"]
OWN_SPLIT = "the split of the source"


class Design(Settings):
    """How the instances of a comparison are made."""

    protocol: Protocol
    """`draws`: some images of some classes, drawn anew for each instance (study P). `folds`: every
    image, in stratified folds of which each is tested by what the others taught; imbalance is kept.
    `split`: the source's own split, each instance with another seed. `whole`: every image trains
    and none tests."""
    classes: int | tuple[str, ...]
    """How many, drawn anew for each instance, or their names."""
    per_class: Count
    """Most training images of each class."""
    test_per_class: Count
    """Most test images of each class."""
    folds: int
    """Folds, as far as the smallest class allows."""
    seed: int
    """Of the first instance."""
    instances: int
    """How many; of folds, the first so many of all repetitions."""


def make_instances(source: "Source", design: Design, *, tested: bool = True) -> Iterator[Instance]:
    """Yield the instances of a design, one after the other.

    Parameters
    ----------
    source
        Where the images come from.
    design
        How.
    tested
        Whether a class without a test image is an error, where images are drawn.

    Raises
    ------
    InputError
        A class is unknown or has too few images, or the source has no split of its own.
    """
    if design.protocol == "draws":
        for seed in range(design.seed, design.seed + design.instances):
            yield instance(
                source,
                seed,
                classes=design.classes,
                per_class=design.per_class,
                test_per_class=design.test_per_class,
                tested=tested,
            )
    elif design.protocol == "folds":
        yield from _folds(source, design)
    elif design.protocol == "split":
        yield from _split(source, design)
    else:
        yield from _whole(source, design)


def _folds(source: "Source", design: Design) -> Iterator[Instance]:
    """Fold all images of a source, its own split put together."""
    pool = _of_classes(Images.concatenate(list(source.splits.values())), source, design)
    notes = list(_joined(source))
    groups = near_groups(pool.pixels)
    smallest, name = _smallest(pool, groups)
    if smallest < 2:
        raise InputError(
            f"class {name!r} of {source.name} has one image, which cannot be trained and tested "
            "on: add images of it, or leave it out (--classes)"
        )
    folds = min(design.folds, smallest)
    if folds < design.folds:
        notes.append(f"{folds} folds instead of {design.folds}: class {name!r} has {smallest}")
    distinct = len(np.unique(pool.groups()))
    for what, count in (
        ("copies", len(pool) - distinct),
        ("near duplicates", distinct - len(np.unique(groups))),
    ):
        if count:
            notes.append(f"{count} {what} of other images, kept in one fold with them")
    repeats = -(-design.instances // folds)
    splits = stratified_folds(pool.labels, folds, design.seed, repeats=repeats, groups=groups)
    for number, (kept, left_out) in enumerate(splits[: design.instances]):
        seed = design.seed + number
        train = _at_most(pool.select(kept), design.per_class, seed, Draw.TRAIN)
        test = _at_most(pool.select(left_out), design.test_per_class, seed, Draw.TEST)
        check_disjoint(train, test)
        where = f"fold {number % folds + 1} of {folds}, repetition {number // folds + 1}"
        yield Instance(train, test, seed, pool.class_names, tuple(notes), where)


def _split(source: "Source", design: Design) -> Iterator[Instance]:
    if source.test is None:
        raise InputError(
            f"{source.name} has no split of its own (folders train and test): use "
            "data.protocol 'folds'"
        )
    notes = []
    if source.valid is not None:
        notes.append(f"{len(source.valid)} validation images of its own were not used")
    everything = _of_classes(source.train, source, design)
    tests = _of_classes(source.test, source, design)
    leaked = tests.found_in(set(everything.image_hashes()))
    if leaked.any():
        count = int(np.count_nonzero(leaked))
        notes.append(f"{count} test images identical to training images were not tested on")
    tests = tests.select(~leaked)
    for seed in range(design.seed, design.seed + design.instances):
        train = _at_most(everything, design.per_class, seed, Draw.TRAIN)
        test = _at_most(tests, design.test_per_class, seed, Draw.TEST)
        for what, images in (("training", train), ("test", test)):
            if not images.counts().min():
                name = images.class_names[int(images.counts().argmin())]
                raise InputError(
                    f"class {name!r} of {source.name} has no {what} image in its own split: add "
                    "some, leave the class out (--classes), or use data.protocol 'folds'"
                )
        yield Instance(train, test, seed, train.class_names, tuple(notes), OWN_SPLIT)


def _whole(source: "Source", design: Design) -> Iterator[Instance]:
    pool = _of_classes(Images.concatenate(list(source.splits.values())), source, design)
    for seed in range(design.seed, design.seed + design.instances):
        train = _at_most(pool, design.per_class, seed, Draw.TRAIN)
        yield Instance(train, pool.select([]), seed, train.class_names, _joined(source), "whole")


def _of_classes(images: Images, source: "Source", design: Design) -> Images:
    """Return the images of the design's classes, class by class, labels counted from 0."""
    labels = choose_classes(source, design.seed, design.classes)
    return gather(images, labels, [np.flatnonzero(images.labels == label) for label in labels])


def _joined(source: "Source") -> tuple[str, ...]:
    others = [name for name in source.splits if name != "train"]
    return (f"its images of {' and '.join(['train', *others])} were put together",) * bool(others)


def _smallest(pool: Images, groups: np.ndarray) -> tuple[int, str]:
    """Return how many different images the smallest class has, and its name."""
    return min(
        (len(np.unique(groups[pool.labels == label])), name)
        for label, name in enumerate(pool.class_names)
    )


def _at_most(images: Images, count: Count, seed: int, draw: Draw) -> Images:
    """Return at most ``count`` images of each class, chosen at random, in their order."""
    if count == ALL:
        return images
    chosen = [
        shuffled(images, seed, draw, label)[:count] for label in range(len(images.class_names))
    ]
    return images.select(np.sort(np.concatenate(chosen)))
