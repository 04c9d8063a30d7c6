"""Trainings on growing parts of an instance's images, from which a learning curve is drawn.

A part holds the same pictures at every size, and those of every smaller part. It is trained as the
whole is, with as many epochs, and tested on the same images: the curve is that of a way to train as
it stands, whose steps grow with its images. Features of probes are kept by the content of each
image, and so are those of the whole: none is computed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundwork.files import read_json
from pipelines.comparison.instances import Drawn, write_at
from pipelines.comparison.plan import Planned, plan_trainings
from pipelines.comparison.results import PartRun
from pipelines.data.images import Images
from pipelines.data.instances import Instance
from pipelines.data.labelled import same_group
from pipelines.data.pool import in_memory
from pipelines.data.reader import Preparation
from pipelines.recipes.recipe import Recipe
from pipelines.tasks.executor import Executor, Failed
from pipelines.workspace import PREPARATION, TEST, TRAIN, VALID

FRACTIONS = (0.25, 0.5)
"""Parts of an instance's training images, beside all of them, which its arms are trained on anyway.
Each is half of the next, as all are half of what the curve is asked about: a factor of four, for
less than one and a half times the time of a training on all. More sizes tell less than more
instances do: a power law has but two parameters."""
FEWEST = 4
"""Training images that every class has in a part; with fewer, classifiers are still guessing, and
the law that holds later does not hold yet."""
_DRAW = 5
"""Sets apart what is drawn here from what `pipelines.data.choosing.Draw` draws with a seed."""


class PlannedPart(NamedTuple):
    """A training on a part of an instance's images.

    Attributes
    ----------
    fraction
        Of the training images.
    per_class
        Training images of a class, mean over the classes.
    training
        Which instance, arm and seed, and the task.
    """

    fraction: float
    per_class: float
    training: Planned


def part_cost(fraction: float) -> float:
    """Return the seconds of a training on a part, in units of one on all images, rather too high.

    Half of those are thought not to shrink: building and compiling the network, testing it.
    Networks of 20 epochs on 72 images took 0.55 of the time with a quarter of them and 0.63
    with half of them (6 each); a probe, whose features are known by then, a tenth.
    """
    return (1 + fraction) / 2


def part_positions(
    labels: NDArray[np.int64], groups: NDArray[np.int64], fraction: float, seed: int
) -> NDArray[np.int64]:
    """Return which images are in a part: of each class the same fraction, ascending.

    Images of a group come one after the other, and groups in one order for all classes, so that
    most are in a part as a whole or not at all, and a part holds fewer of them, too.

    Parameters
    ----------
    labels, groups
        A class and a group for each image, ``[N]``.
    fraction
        Above 0, at most 1; of each class it is rounded, to 2 images at least if it has them.
    seed
        The same gives the same order, and so smaller parts are in larger ones.

    Examples
    --------
    >>> labels, alone = np.repeat([0, 1], [8, 4]), np.arange(12)
    >>> half, more = (part_positions(labels, alone, part, 0) for part in (0.5, 0.75))
    >>> labels[half].tolist(), set(half) < set(more)
    ([0, 0, 0, 0, 1, 1], True)
    """
    rng = np.random.default_rng([seed, _DRAW])
    _, group = np.unique(groups, return_inverse=True)
    rank = rng.permutation(int(group.max()) + 1)
    order = rng.permutation(len(labels))
    order = order[np.argsort(rank[group[order]], kind="stable")]
    kept = []
    for label in np.unique(labels):
        own = order[labels[order] == label]
        kept.append(own[: max(2, round(fraction * len(own)))])
    return np.sort(np.concatenate(kept))


def part_fractions(drawn: Sequence[Drawn], outputs: Path) -> list[float]:
    """Return those of `FRACTIONS` that leave `FEWEST` images of each class in every instance."""
    least = min(int(_on_disk(one, outputs)[0].counts().min()) for one in drawn)
    return [fraction for fraction in FRACTIONS if round(fraction * least) >= FEWEST]


def write_part(one: Drawn, outputs: Path, fraction: float, sizes: Sequence[int]) -> Drawn:
    """Write a part of an instance's training images, and its test images, as an instance.

    Parameters
    ----------
    one
        The instance, on disk at ``sizes``.
    outputs
        The folder that its folders are relative to.
    fraction
        As in `part_positions`.
    sizes
        At which it is needed.
    """
    train, _ = _on_disk(one, outputs)
    hashes = np.unique(one.train, return_inverse=True)[1].astype(np.int64)
    which = part_positions(
        train.labels, same_group(hashes, train.together), fraction, one.record.seed
    )
    at = {}
    for size in sizes:
        every, folder = _on_disk(one, outputs, size)
        how = Preparation.model_validate(read_json(folder / PREPARATION))
        train, test = every.select(which), Images.load(folder / TEST)
        watching = Images.load(folder / VALID) if (folder / VALID).is_file() else None
        part = Instance(
            in_memory(train, how, done=True),
            in_memory(test, how, done=True),
            one.record.seed,
            train.class_names,
            (),
            valid=None if watching is None else in_memory(watching, how, done=True),
        )
        at[size] = write_at(part, outputs, size)
    record = one.record.model_copy(update={"train_images": len(which)})
    return replace(one, record=record, at=at, train=tuple(one.train[i] for i in which))


def plan_parts(
    recipe: Recipe,
    drawn: Sequence[Drawn],
    sizes: Mapping[str, int],
    outputs: Path,
) -> list[PlannedPart]:
    """Write the parts of some instances, and return the trainings on them; none is run.

    Parameters
    ----------
    recipe
        Its arms; those with generators, or with further images of a source, are left out: what
        joins their images was made from all of them.
    drawn
        The instances.
    sizes
        Of each arm's images.
    outputs
        The folder that the instances' folders are relative to.
    """
    arms = {
        name: recipe.arms[name]
        for name, arm in recipe.resolved_arms().items()
        if not (arm.generated or arm.mix.extra_real)
    }
    if not arms or not drawn:
        return []
    needed = sorted({sizes[name] for name in arms})
    planned = []
    for fraction in part_fractions(drawn, outputs):
        named = f"{recipe.name}-{100 * fraction:.0f}%"
        own = recipe.model_copy(update={"arms": arms, "name": named})
        parts = [write_part(one, outputs, fraction, needed) for one in drawn]
        for training in plan_trainings(own, parts, None, sizes):
            record = parts[training.instance].record
            planned.append(
                PlannedPart(fraction, record.train_images / len(record.classes), training)
            )
    return planned


def train_parts(
    planned: Sequence[PlannedPart], executor: Executor, title: str = "learning curve"
) -> list[PartRun]:
    """Train what `plan_parts` planned; ``title`` stands before the progress bar.

    The instances count from 0 in the order in which they were given to it. An arm that fails on a
    part has none: its curve would lack a point here and there.
    """
    results = executor.attempt([one.training.task for one in planned], title)
    failed = {
        one.training.arm
        for one, result in zip(planned, results, strict=True)
        if isinstance(result, Failed)
    }
    return [
        PartRun(
            instance=one.training.instance,
            arm=one.training.arm,
            seed=one.training.seed,
            folder=one.training.task.folder(),
            result=result,
            fraction=one.fraction,
            per_class=one.per_class,
        )
        for one, result in zip(planned, results, strict=True)
        if one.training.arm not in failed
    ]


def _on_disk(one: Drawn, outputs: Path, size: int | None = None) -> tuple[Images, Path]:
    """Return the training images at a size, by default the smallest, and their folder."""
    folder = outputs / one.at[min(one.at) if size is None else size].folder
    return Images.load(folder / TRAIN), folder
