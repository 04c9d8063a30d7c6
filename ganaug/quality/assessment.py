"""Measure generated images of one or more classes against real ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ganaug.arrays import check_images
from ganaug.errors import InputError
from ganaug.quality.comparison import Comparison, Labelled, against_halves, against_held_out
from ganaug.quality.copying import CopyTest, Nearest, find_copies
from ganaug.quality.extractors import Extractor, Images
from ganaug.quality.gan_train_test import gan_test, gan_train
from ganaug.quality.measures import measures
from ganaug.quality.originals import Originals
from ganaug.quality.report import (
    ALL_CLASSES,
    ClassQuality,
    Estimate,
    QualityReport,
    titles,
)
from ganaug.quality.values import Features, Value, average

FEWEST = 6
"""Images a class: halves of three are the fewest that have a kernel distance."""
NO_HELD_OUT = (
    "No held-out real images: judged against halves of the training images, which the generator "
    "has seen. All but the copy test flatter it."
)

ClassImages = Mapping[str, Images]
Values = dict[str, Value]


class ClassFeatures(NamedTuple):
    """Features of one class by one extractor."""

    train: Features
    held_out: Features | None
    generated: Features
    copies: CopyTest
    nearest: list[Nearest]


def assess(
    real_train: ClassImages,
    real_held_out: ClassImages | None,
    fakes: ClassImages,
    extractors: Sequence[Extractor],
    *,
    seed: int = 0,
    notes: Iterable[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> QualityReport:
    """Assess generated images class by class and, from two classes on, all together.

    The generated images are compared with the held-out ones, and so are the training images: the
    same measure of real images at the same number, the floor that a perfect generator would reach.
    Without held-out images the training images are cut into two halves that take both parts.

    KID and GAN-test, which do not depend on the number of generated images, use all of them. FID,
    precision, recall, density, coverage and GAN-train use as many a class as there are real ones in
    the floor, averaged over disjoint blocks.

    Parameters
    ----------
    real_train
        The images that the generator was trained on, by class: uint8 ``[N, H, W, 3]``.
    real_held_out
        Images of the same classes that it never saw, or None.
    fakes
        Generated images of the same classes.
    extractors
        What judges. Give two that learnt from different data: a network that helped in training
        flatters the generator.
    seed
        Draws the halves.
    notes
        Sentences to put under the table.
    progress
        Called with (done, total), counted in classes times extractors.

    Raises
    ------
    InputError
        Classes or image sizes differ, or a class has too few images.
    """
    _check(real_train, real_held_out, fakes, extractors)
    found: list[ClassQuality] = []
    for number, extractor in enumerate(extractors):
        features: dict[str, ClassFeatures] = {}
        for name, train in real_train.items():
            held_out = real_held_out[name] if real_held_out is not None else None
            features[name] = _extract(extractor, train, held_out, fakes[name])
            if progress:
                done = number * len(real_train) + len(features)
                progress(done, len(extractors) * len(real_train))
        found += _assess_by(extractor.name, features, seed)
    remarks = [*notes] if real_held_out is not None else [NO_HELD_OUT, *notes]
    return QualityReport(classes=found, notes=remarks)


def _extract(
    extractor: Extractor, train: Images, held_out: Images | None, generated: Images
) -> ClassFeatures:
    originals, fake = Originals.of(train, extractor), extractor(generated)
    if held_out is None:
        return ClassFeatures(originals.unmoved, None, fake, *find_copies(fake, originals))
    # As many unseen images as there are training images make the sharpest test for its cost.
    unseen = Originals.of(held_out[: len(train)], extractor)
    found = find_copies(fake, originals, unseen)
    return ClassFeatures(originals.unmoved, extractor(held_out), fake, *found)


def _assess_by(extractor: str, features: dict[str, ClassFeatures], seed: int) -> list[ClassQuality]:
    """Return the quality of each class and, of several, of all together."""
    groups = [(name, [one]) for name, one in features.items()]
    if len(features) > 1:
        groups.append((ALL_CLASSES, list(features.values())))
    compared = [_comparisons(members, seed) for _, members in groups]
    values, floors = ([_measured(c, floor=floor) for c in compared] for floor in (False, True))
    if len(features) > 1:
        _add_probes(compared[-1], values, floor=False)
        _add_probes(compared[-1], floors, floor=True)
    return [
        ClassQuality(
            name=name,
            extractor=extractor,
            train_images=min(len(one.train) for one in members),
            held_out_images=min(
                len(one.held_out) if one.held_out is not None else 0 for one in members
            ),
            generated_images=min(len(one.generated) for one in members),
            estimates=_estimates(extractor, comparisons[0], value, floor),
            copies=members[0].copies if name in features else None,
            nearest=members[0].nearest if name in features else [],
        )
        for (name, members), comparisons, value, floor in zip(
            groups, compared, values, floors, strict=True
        )
    ]


def _comparisons(classes: list[ClassFeatures], seed: int) -> list[Comparison]:
    train, generated = [c.train for c in classes], [c.generated for c in classes]
    held_out = [c.held_out for c in classes if c.held_out is not None]
    if held_out:
        return against_held_out(train, held_out, generated)
    return against_halves(train, generated, seed)


def _measured(comparisons: list[Comparison], *, floor: bool) -> Values:
    trials = []
    for comparison in comparisons:
        reference, whole = comparison.reference, comparison.whole(floor=floor)
        parts = [_values(reference, part, at_any_n=False) for part in comparison.parts(floor=floor)]
        trials.append(_mean_of(parts) | _values(reference, whole, at_any_n=True))
    return _mean_of(trials)


def _add_probes(together: list[Comparison], rows: list[Values], *, floor: bool) -> None:
    """Fit one probe over all classes; its accuracy on each class goes to the row of that class."""
    for row, value in zip(rows, gan_train(together, floor=floor), strict=True):
        row["gan_train"] = value
    for row, value in zip(rows, gan_test(together, floor=floor), strict=True):
        row["gan_test"] = value


def _values(reference: Labelled, compared: Labelled, *, at_any_n: bool) -> Values:
    """Measure by all measures that use as many images as there are, or that may use any number."""
    values: Values = {}
    for one in measures():
        if one.at_any_n == at_any_n:
            values |= one.values(reference.features, compared.features)
    return values


def _mean_of(measured: list[Values]) -> Values:
    return {metric: average(values[metric] for values in measured) for metric in measured[0]}


def _estimates(
    extractor: str, comparison: Comparison, values: Values, floors: Values
) -> list[Estimate]:
    """Put errors, floors and numbers of images beside the values; say why one is missing."""
    reference, yardstick = comparison.reference, comparison.yardstick
    uses_all = {name for one in measures() if one.at_any_n for name in one.titles} | {"gan_test"}
    missing = {
        name: obstacle
        for one in measures()
        if (obstacle := one.obstacle(reference.features, yardstick.features))
        for name in one.titles
    }
    estimates = []
    for metric in titles():
        value, floor = values.get(metric), floors.get(metric)
        if value is None and metric not in missing:
            continue
        compared = comparison.generated if metric in uses_all else yardstick
        estimates.append(
            Estimate(
                metric=metric,
                extractor=extractor,
                n_real=len(reference.labels),
                n_fake=len(compared.labels),
                value=value.value if value else None,
                standard_error=value.standard_error if value else None,
                floor=floor.value if floor else None,
                floor_error=floor.standard_error if floor else None,
                note="" if value else missing[metric],
            )
        )
    return estimates


def _check(
    train: ClassImages,
    held_out: ClassImages | None,
    fakes: ClassImages,
    extractors: Sequence[Extractor],
) -> None:
    if not train or not extractors:
        raise InputError(
            f"{len(train)} classes and {len(extractors)} extractors; give at least one of each"
        )
    size = next(iter(train.values())).shape[1:]
    given = {"training": train, "generated": fakes}
    if held_out is not None:
        given["held-out"] = held_out
    for kind, classes in given.items():
        if set(classes) != set(train):
            raise InputError(
                f"{kind} images of {sorted(classes)}, training images of {sorted(train)}; "
                "pass the same classes"
            )
        for name, images in classes.items():
            check_images(images)
            if images.shape[1:] != size or len(images) < FEWEST:
                raise InputError(
                    f"class {name!r}: {len(images)} {kind} images of shape "
                    f"{list(images.shape[1:])}; pass at least {FEWEST} of shape {list(size)}"
                )
