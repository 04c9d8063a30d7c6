"""Instances: which images are trained on, and which are tested on.

An instance is study P's testbed: some classes of a data set, a few training images of each, and
other images to test on. Everything here is a pure function of its arguments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundwork.settings import Result
from pipelines.data.choosing import ALL, Count, Draw
from pipelines.data.pool import Pool
from pipelines.data.reader import Indices
from pipelines.errors import InputError, unknown_name

if TYPE_CHECKING:  # no training may depend on how folders are read
    from pipelines.data.sources import Source


class InstanceRecord(Result):
    """Which images an instance drew."""

    seed: int
    classes: list[str]
    train_images: int
    test_images: int
    notes: list[str] = []
    """What differs from what was asked for, e.g. fewer test images."""
    part: str = ""
    """Which part of the source's images this is, e.g. a fold; empty where images are drawn."""


@dataclass(frozen=True, eq=False)
class Instance:
    """Some classes of a source, with images to train and to test on.

    Attributes
    ----------
    train, test
        Images that have none in common, still to be read; labels number ``classes`` from 0.
    valid
        Validation images of the source's own, which are none of those; None where it sets none
        apart, or they are not asked for.
    seed
        What it was drawn with.
    classes
        Names, in the order of the source, however they were asked for.
    notes
        What differs from what was asked for.
    part
        Which part of the source's images this is, e.g. a fold; empty where images are drawn.
    """

    train: Pool
    test: Pool
    seed: int
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    part: str = ""
    valid: Pool | None = None

    def record(self) -> InstanceRecord:
        """Return what was drawn, in a form that can be written to a file."""
        return InstanceRecord(
            seed=self.seed,
            classes=list(self.classes),
            train_images=len(self.train),
            test_images=len(self.test),
            notes=list(self.notes),
            part=self.part,
        )


def instance(
    source: "Source",
    seed: int,
    *,
    classes: int | Sequence[str] = 2,
    per_class: Count = 50,
    test_per_class: Count = 350,
    tested: bool = True,
) -> Instance:
    """Draw some classes of a source, and training and test images of each.

    Test images come from the source's test split, or, where it has none, from the images that are
    left. None is identical to a training image, or of the group of one (`data.group_by`): such ones
    give way to others. Where one pool gives both, training images come group by group.
    With another ``per_class``, the smaller training set is a part of the larger one; with another
    ``test_per_class``, the training images are the same.

    Parameters
    ----------
    source
        Where the images come from.
    seed
        At least 0; the same arguments give the same instance on every machine.
    classes
        How many, to be drawn at random, or their names.
    per_class
        Training images of each class, or `all`.
    test_per_class
        Test images of each class, or `all`; fewer where the source has fewer, with a note. 0 for
        none.
    tested
        Whether a class without a test image is an error.

    Raises
    ------
    InputError
        If a class is unknown, or has too few images to train on, or none to test on.
    """
    for what, value, least in (
        ("seed", seed, 0),
        ("training images of each class", per_class, 1),
        ("test images of each class", test_per_class, 0),
    ):
        if value != ALL and value < least:
            raise InputError(f"{what}: {value} received; give at least {least}")
    labels = choose_classes(source, seed, classes)
    orders = [shuffled(source.train, seed, Draw.TRAIN, label) for label in labels]
    if per_class != ALL:
        _check_enough(source, labels, [len(order) for order in orders], per_class, tested)
    most = len(source.train) if per_class == ALL else per_class
    if source.test is None and source.train.together is not None:
        orders = [_by_group(source.train.together, order, seed) for order in orders]
    orders = [_readable_first(source.train, order, most) for order in orders]
    if per_class != ALL:
        _check_enough(source, labels, [len(order) for order in orders], per_class, tested)
    train = gather(source.train, labels, [order[:most] for order in orders])
    if source.test is None:
        # From the back, so that the test images stay the same while ``per_class`` grows.
        pool, candidates = source.train, [order[most:][::-1] for order in orders]
    else:
        pool = source.test
        candidates = [shuffled(pool, seed, Draw.TEST, label) for label in labels]
    wanted = len(pool) if test_per_class == ALL else test_per_class
    drawn, replaced = _distinct(pool, candidates, train, wanted)
    test = gather(pool, labels, drawn)
    check_disjoint(train, test)
    grouped = train.together is not None
    notes = _notes(source.name, test, test_per_class, replaced, tested=tested, grouped=grouped)
    return Instance(train, test, seed, train.class_names, notes)


def choose_classes(source: "Source", seed: int, classes: int | Sequence[str]) -> list[int]:
    """Return the labels of some classes, drawn or named, in the order of the source."""
    names = source.train.class_names
    if isinstance(classes, int):
        if not 1 <= classes <= len(names):
            raise InputError(
                f"{classes} classes asked for; {source.name} has {len(names)}, give 1 to as many"
            )
        drawn = Draw.CLASSES.generator(seed).choice(len(names), classes, replace=False)
        return sorted(int(label) for label in drawn)
    for name in classes:
        if name not in names:
            raise unknown_name(f"class of {source.name}", name, names)
    if not classes or len(set(classes)) < len(classes):
        raise InputError(f"classes {', '.join(classes) or '(none)'}; name each class once")
    return sorted(names.index(name) for name in classes)


def further_images(source: "Source", one: Instance, per_class: int) -> Pool:
    """Return more training images of an instance's classes, none identical to one of its own.

    With another ``per_class``, the smaller set is a part of the larger one.

    Raises
    ------
    InputError
        If a class has too few.
    """
    labels = [source.train.class_names.index(name) for name in one.classes]
    orders = [shuffled(source.train, one.seed, Draw.TRAIN, label) for label in labels]
    own = Pool.concatenate([one.train, one.test])
    drawn, _ = _distinct(source.train, orders, own, per_class)
    few, name = min((len(some), name) for some, name in zip(drawn, one.classes, strict=True))
    if few < per_class:
        raise InputError(
            f"class {name!r} of {source.name} has {few} further training images, {per_class} are "
            "asked for; lower mix.per_class of the arms of origin 'extra_real'"
        )
    return gather(source.train, labels, drawn)


def check_disjoint(train: Pool, test: Pool) -> None:
    """Raise InputError if a test image is identical to a training image."""
    shared = int(np.count_nonzero(test.found_in(set(train.hashes()))))
    if shared:
        raise InputError(
            f"{shared} of {len(test)} test images are identical to training images; "
            "test on images that were not trained on"
        )


def shuffled(images: Pool, seed: int, draw: Draw, label: int) -> Indices:
    """Return the positions of the images of a class, shuffled."""
    return draw.generator(seed, label).permutation(np.flatnonzero(images.labels == label))


def _check_enough(
    source: "Source", labels: Sequence[int], counts: Sequence[int], per_class: int, tested: bool
) -> None:
    few = [(source.train.class_names[at], n) for at, n in zip(labels, counts, strict=True)]
    few = sorted((pair for pair in few if pair[1] < per_class), key=lambda pair: pair[1])
    if few:
        (name, count), more = few[0], len(few) - 1
        others = f" (and {more} more class{'es have' if more > 1 else ' has'} too few)" * bool(more)
        # Where the test images come from the same pool, some have to be left for them.
        most = count if source.test is not None or not tested else max(1, count * 2 // 3)
        folds = "use all there are in folds (--protocol folds), " * tested
        raise InputError(
            f"class {name!r} of {source.name} has {count} training images{others}, {per_class} "
            f"are asked for; {folds}ask for at most {most} (--per-class), "
            "or choose other classes"
        )


def gather(pool: Pool, labels: Sequence[int], positions: Sequence[Indices]) -> Pool:
    """Return the images at ``positions``, class by class, with the labels counted from 0."""
    return pool.select(np.concatenate(positions)).relabelled(labels)


def _by_group(together: Indices, order: Indices, seed: int) -> Indices:
    """Return an order with the images of a group side by side, and groups in one for all classes.

    Else a few training images of each group would leave none to test on.
    """
    _, group = np.unique(together, return_inverse=True)
    rank = Draw.GROUPS.generator(seed).permutation(int(group.max()) + 1)
    return order[np.argsort(rank[group[order]], kind="stable")]


def _readable_first(pool: Pool, order: Indices, count: int) -> Indices:
    """Return an order whose first ``count`` images can be read, without those that cannot.

    Only as many as needed are looked at: the rest may hold further ones.
    """
    good: list[Indices] = []
    found = start = 0
    while found < count and start < len(order):
        some = order[start : start + count - found]
        good.append(some[pool.select(some).can_be_read()])
        found, start = found + len(good[-1]), start + len(some)
    return np.concatenate([*good, order[start:]])


def _distinct(
    pool: Pool, candidates: Sequence[Indices], train: Pool, wanted: int
) -> tuple[list[Indices], int]:
    """Return the first ``wanted`` candidates of each class that have nothing to do with ``train``.

    Also returns how many candidates that can be read had to give way to later ones.
    """
    known: set[str | None] = {*train.hashes(), None}
    groups = train.labels[:0] if train.together is None else train.together
    drawn, replaced = [], 0
    for positions in candidates:
        chosen: list[Indices] = []
        found = start = 0
        while found < wanted and start < len(positions):
            some = positions[start : start + wanted - found]
            of_some = pool.select(some)
            fresh = ~of_some.found_in(known)
            if of_some.together is not None:
                fresh &= ~np.isin(of_some.together, groups)
            chosen.append(some[fresh])
            replaced += int(np.count_nonzero(~fresh & of_some.can_be_read()))
            found, start = found + int(fresh.sum()), start + len(some)
        drawn.append(np.concatenate([*chosen, positions[:0]]))
    return drawn, replaced


def _notes(
    name: str, test: Pool, wanted: Count, replaced: int, *, tested: bool, grouped: bool
) -> tuple[str, ...]:
    """Say how the test images differ from what was asked for."""
    counts = test.counts()
    if wanted and tested and not counts.min():
        empty = test.class_names[int(counts.argmin())]
        which = " that is of another group than those to train on" if grouped else ""
        raise InputError(
            f"class {empty!r} of {name} has no image left to test on{which}; "
            f"train on fewer (--per-class){', group otherwise' * grouped} or choose another class"
        )
    notes = []
    if wanted != ALL and counts.min() < wanted:
        found = " to ".join(map(str, sorted({counts.min(), counts.max()})))
        notes.append(f"{found} test images a class instead of {wanted}")
    if replaced:
        related = ", or of their groups," if grouped else ""
        notes.append(f"{replaced} images identical to training images{related} were not tested on")
    return tuple(notes)
