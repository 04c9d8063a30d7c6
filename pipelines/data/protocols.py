"""How instances are made from a source: drawn, folded, or by the source's own split."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from groundwork.names import few
from pipelines.data.choosing import ALL, Count, Design, Draw
from pipelines.data.instances import Instance, check_disjoint, choose_classes, instance, shuffled
from pipelines.data.pool import Pool
from pipelines.data.splits import stratified_folds, stratified_split
from pipelines.errors import InputError

if TYPE_CHECKING:  # no training may depend on how folders are read
    from pipelines.data.sources import Source

OWN_SPLIT = "the split of the source"


def make_instances(source: "Source", design: Design, *, tested: bool = True) -> Iterator[Instance]:
    """Yield the instances of a design, one after the other.

    Parameters
    ----------
    source
        Where the images come from.
    design
        How.
    tested
        Whether a class without a test image is an error.

    Raises
    ------
    InputError
        A class is unknown or has too few images, or the source has no split of its own.
    """
    for one in _made(source, design, tested):
        unwatched = design.own_validation and one.valid is None
        yield replace(one, notes=(*one.notes, *[_why_unwatched(source, design)] * unwatched))


def _made(source: "Source", design: Design, tested: bool) -> Iterator[Instance]:
    if design.protocol == "draws":
        for seed in range(design.seed, design.seed + design.instances):
            one = instance(
                source,
                seed,
                classes=design.classes,
                per_class=design.per_class,
                test_per_class=design.test_per_class,
                tested=tested,
            )
            yield replace(one, notes=(*one.notes, *_under_two_labels(one.train)))
    elif design.protocol == "folds":
        yield from _folds(source, design)
    elif design.protocol == "shares":
        yield from _shares(source, design)
    elif design.protocol == "split":
        yield from _split(source, design, tested)
    else:
        yield from _whole(source, design)


def _folds(source: "Source", design: Design) -> Iterator[Instance]:
    """Fold all images of a source, its own split put together."""
    pool = _readable(Pool.concatenate(list(source.splits.values())), source, design)
    notes = list(_joined(source))
    groups = pool.groups()
    smallest, name = _smallest(pool, groups)
    if smallest < 2:
        raise InputError(_why_no_folds(source, pool, name))
    folds = min(design.folds, smallest)
    if folds < design.folds:
        notes.append(f"{folds} folds instead of {design.folds}: class {name!r} has {smallest}")
    copies = len(pool) - len(np.unique(pool.identical()))
    if copies:
        copy = "copies" if copies > 1 else "copy"
        notes.append(f"{copies} {copy} of other images, kept in one fold with them")
    notes += _under_two_labels(pool)
    repeats = -(-design.instances // folds)
    names = pool.class_names
    splits = stratified_folds(
        pool.labels, folds, design.seed, repeats=repeats, groups=groups, names=names
    )
    for number, (kept, left_out) in enumerate(splits[: design.instances]):
        seed = design.seed + number
        train = _at_most(pool.select(kept), design.per_class, seed, Draw.TRAIN)
        test = _at_most(pool.select(left_out), design.test_per_class, seed, Draw.TEST)
        check_disjoint(train, test)
        where = f"fold {number % folds + 1} of {folds}, repetition {number // folds + 1}"
        yield Instance(train, test, seed, pool.class_names, tuple(notes), where)


def _shares(source: "Source", design: Design) -> Iterator[Instance]:
    """Deal all images of a source out, its own split put together; copies stay on one side."""
    pool = _readable(Pool.concatenate(list(source.splits.values())), source, design)
    train_share, valid_share, test_share = design.shares
    total = sum(design.shares)
    if not train_share or not test_share:
        raise InputError(
            f"data.shares {', '.join(f'{one:g}' for one in design.shares)}: some images have to "
            "be trained on, and some tested on"
        )
    notes = (*_joined(source), *_under_two_labels(pool))
    groups, names = pool.groups(), pool.class_names
    where = "dealt out " + "/".join(f"{100 * one / total:g}" for one in design.shares)
    for seed in range(design.seed, design.seed + design.instances):
        rest, tests = stratified_split(
            pool.labels, test_share / total, seed, groups=groups, names=names
        )
        test = _at_most(pool.select(tests), design.test_per_class, seed, Draw.TEST)
        valid = None
        if valid_share:
            fraction = valid_share / (train_share + valid_share)
            kept, watching = stratified_split(
                pool.labels[rest], fraction, seed, groups=groups[rest], names=names
            )
            chosen = pool.select(rest[watching])
            valid = _at_most(chosen, design.test_per_class, seed, Draw.VALID)
            rest = rest[kept]
        train = _at_most(pool.select(rest), design.per_class, seed, Draw.TRAIN)
        check_disjoint(train, test)
        yield Instance(train, test, seed, pool.class_names, notes, where, valid)


def _split(source: "Source", design: Design, tested: bool) -> Iterator[Instance]:
    if source.test is None:
        raise InputError(
            f"{source.name} has no split of its own (folders train and test): use "
            "data.protocol 'folds'"
        )
    notes = []
    watching = source.valid if design.own_validation else None
    if source.valid is not None and watching is None:
        notes.append(f"{len(source.valid)} validation images of its own were not used")
    everything = _readable(source.train, source, design)
    tests = _readable(source.test, source, design)
    leaked = tests.found_in(set(everything.hashes()))
    if leaked.any():
        count = int(np.count_nonzero(leaked))
        notes.append(f"{count} test images identical to training images were not tested on")
    related = _related(tests, everything) & ~leaked
    if related.any():
        count = int(np.count_nonzero(related))
        what = "test images of groups of training images, or near copies of them,"
        notes.append(f"{count} {what} were not used")
    tests = tests.select(~leaked & ~related)
    notes += _under_two_labels(everything)
    if watching is not None:
        watching = _unseen(_readable(watching, source, design), everything, tests)
    for seed in range(design.seed, design.seed + design.instances):
        train = _at_most(everything, design.per_class, seed, Draw.TRAIN)
        test = _at_most(tests, design.test_per_class, seed, Draw.TEST)
        for what, images in (("training", train), ("test", test))[: 1 + tested]:
            if not images.counts().min():
                name = images.class_names[int(images.counts().argmin())]
                raise InputError(
                    f"class {name!r} of {source.name} has no {what} image in its own split: add "
                    "some, leave the class out (--classes), or use data.protocol 'folds'"
                )
        valid = _watching(watching, source, design, seed)
        yield Instance(train, test, seed, train.class_names, tuple(notes), OWN_SPLIT, valid)


def _why_unwatched(source: "Source", design: Design) -> str:
    """Say why no validation images of the source's own watch the trainings, as was asked for."""
    why = f"data.protocol {design.protocol!r} sets none of them apart"
    if design.protocol == "split":
        why = f"{source.name} has none beside its test images"
    return f"no validation images watch the trainings (data.own_validation): {why}"


def _whole(source: "Source", design: Design) -> Iterator[Instance]:
    pool = _readable(Pool.concatenate(list(source.splits.values())), source, design)
    for seed in range(design.seed, design.seed + design.instances):
        train = _at_most(pool, design.per_class, seed, Draw.TRAIN)
        notes = (*_joined(source), *_under_two_labels(pool))
        yield Instance(train, pool.select([]), seed, train.class_names, notes, "whole")


def _readable(pool: Pool, source: "Source", design: Design) -> Pool:
    """Return the images of the design's classes, class by class, labels counted from 0."""
    own = pool.relabelled(choose_classes(source, design.seed, design.classes))
    return own.select(own.can_be_read())


def _watching(unseen: Pool | None, source: "Source", design: Design, seed: int) -> Pool | None:
    """Return the validation images of an instance, some of every class."""
    if unseen is None:
        return None
    valid = _at_most(unseen, design.test_per_class, seed, Draw.VALID)
    if not valid.counts().min():
        name = valid.class_names[int(valid.counts().argmin())]
        raise InputError(
            f"class {name!r} of {source.name} has no validation image in its own split that is "
            "neither trained nor tested on: leave data.own_validation out"
        )
    return valid


def _unseen(valid: Pool, train: Pool, test: Pool) -> Pool:
    """Return the validation images that are no training or test images, nor belong to some."""
    for others in (train, test):
        valid = valid.select(~valid.found_in(set(others.hashes())) & ~_related(valid, others))
    return valid


def _related(some: Pool, others: Pool) -> NDArray[np.bool_]:
    """Return which images are of a group that one of the others is of, as a mask ``[N]``."""
    if some.together is None or others.together is None:
        return np.zeros(len(some), bool)
    return np.isin(some.together, others.together)


def _under_two_labels(pool: Pool) -> list[str]:
    """Name pictures that are there under several labels: one of them must be wrong."""
    first: dict[str | None, int] = {}
    pairs = []
    for at, one in enumerate(pool.hashes()):
        known = first.setdefault(one, at)
        if pool.labels[known] != pool.labels[at]:
            pairs.append((known, at))
    if not pairs:
        return []
    names = pool.names
    shown = few([f"{names[a]} and {names[b]}" for a, b in pairs])
    return [f"{len(pairs)} times the same image has two labels: {shown}"]


def _joined(source: "Source") -> tuple[str, ...]:
    others = [name for name in source.splits if name != "train"]
    return (f"its images of {' and '.join(['train', *others])} were put together",) * bool(others)


def _smallest(pool: Pool, groups: np.ndarray) -> tuple[int, str]:
    """Return how many different images the smallest class has, and its name."""
    return min(
        (len(np.unique(groups[pool.labels == label])), name)
        for label, name in enumerate(pool.class_names)
    )


def _why_no_folds(source: "Source", pool: Pool, name: str) -> str:
    """Say why a class cannot be both trained and tested on."""
    own = pool.select(pool.labels == pool.class_names.index(name))
    count = len(own)
    if count > 1 and len(set(own.hashes())) == 1:
        return (
            f"the {count} images of class {name!r} of {source.name} are copies of one, which "
            "cannot be trained and tested on: add others, or leave the class out (--classes)"
        )
    if count > 1:
        return (
            f"the {count} images of class {name!r} of {source.name} are all of one group, or near "
            "copies of one another, which cannot be trained and tested on: add others, group "
            "otherwise (--group-by), or leave the class out (--classes)"
        )
    return (
        f"class {name!r} of {source.name} has {'one image' if count else 'no image'}, which "
        "cannot be trained and tested on: add images of it, or leave it out (--classes)"
    )


def _at_most(images: Pool, count: Count, seed: int, draw: Draw) -> Pool:
    """Return at most ``count`` images of each class, chosen at random, in their order."""
    if count == ALL:
        return images
    chosen = [
        shuffled(images, seed, draw, label)[:count] for label in range(len(images.class_names))
    ]
    return images.select(np.sort(np.concatenate(chosen)))
