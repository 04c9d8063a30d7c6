"""Where the images come from that join the real ones: generators, or a control in their place."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.augment import lazy as tf
from pipelines.augment import parse
from pipelines.data.images import Images, resized
from pipelines.errors import InputError
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.rules import looks_at_features
from pipelines.synthetic.judges import JUDGE_SIZE, open_judge
from pipelines.synthetic.provenance import outside_knowledge
from pipelines.synthetic.selection import choose
from pipelines.synthetic.teacher import teacher_labels

if TYPE_CHECKING:
    from ganaug.bank.bank import Bank

Targets = NDArray[np.float32]
"""Labels as a classifier is trained on them: ``[N, K]``, rows that sum to 1."""

_BATCH = 256
_NOISE, _COPIES = 1, 2  # each draw has a generator of its own, seeded by (seed, this)


@dataclass(frozen=True)
class Synthetic:
    """Images that join the real ones, wherever they come from.

    Attributes
    ----------
    images
        Of the same classes and size as the real ones.
    targets
        Their labels, which may be soft: float32 ``[N, K]``.
    notes
        How many samples it took to choose them, class by class, and what they owe to other images.
    originals
        Of copies, the positions of their originals among the real images, ``[N]``; else None.
    """

    images: Images
    targets: Targets
    notes: tuple[str, ...] = ()
    originals: NDArray[np.int64] | None = None


def synthesise(
    config: MixConfig,
    real: Images,
    seed: int,
    *,
    bank: "Bank | None" = None,
    further: Images | None = None,
    cache: Path | None = None,
) -> Synthetic:
    """Make ``config.per_class`` images of each class of ``real``, by ``config.origin``.

    Parameters
    ----------
    config
        The origin and its settings.
    real
        The real images of the training, not expanded.
    seed
        The same seed gives the same images.
    bank
        Generators of the same classes, for the origins `bank` and `near`.
    further
        Other real images of the same classes, for `extra_real`: at least as many.
    cache
        Folder that keeps a teacher's features between runs.

    Raises
    ------
    InputError
        If the bank lacks a class, or images to change or to take are missing.
    """
    notes: list[str] = []
    originals = None
    if config.origin == "copies":
        images, targets, originals = _copies(config, real, seed)
    else:
        if config.origin == "noise":
            images = _noise(config, real, seed)
        elif config.origin == "extra_real":
            images = _first_of_each(further or real.select([]), config.per_class)
        else:
            images, notes = _generated(config, real, seed, bank, cache)
        targets = images.one_hot()
    if config.teacher:
        targets = teacher_labels(config.teacher, real, images, cache)
    even = config.synthetic_smoothing / len(real.class_names)
    targets = (1 - config.synthetic_smoothing) * targets + np.float32(even)
    return Synthetic(images, targets, tuple(notes), originals)


def _generated(
    config: MixConfig, real: Images, seed: int, bank: "Bank | None", cache: Path | None
) -> tuple[Images, list[str]]:
    """Draw from the generators; the notes are those of `Synthetic`."""
    if bank is None:
        raise ValueError(f"the origin {config.origin!r} needs a bank, received none")
    n, names, side = config.per_class, real.class_names, real.size[0]
    ours = {
        name: resized(real.of_class(label), bank.image_size) for label, name in enumerate(names)
    }
    notes = []
    if bank.image_size != side:
        change = "enlarged" if bank.image_size < side else "shrunk"
        notes.append(f"generated images of {bank.image_size} pixels were {change} to {side}")
    if config.origin == "near":
        drawn = [bank.near(name, ours[name], n, seed=seed, reach=config.reach) for name in names]
    elif config.choose:
        judge = open_judge(config.choose_by, JUDGE_SIZE, cache)
        chosen = choose(
            bank, ours, config.choose, n, seed=seed, truncation=config.truncation, judge=judge
        )
        drawn = [images for images, _ in chosen.values()]
        notes += [f"{name}: {report}" for name, (_, report) in chosen.items()]
    else:
        drawn = [bank.sample(name, n, seed=seed, truncation=config.truncation) for name in names]
    chosen_by = config.choose_by if looks_at_features(config.choose) else ""
    owed = [words for one in bank.settings() for words in outside_knowledge(one, chosen_by)]
    notes += dict.fromkeys(owed)
    drawn = [resized(images, side) for images in drawn]
    return _by_class(drawn, real, "synthetic"), notes


def _noise(config: MixConfig, real: Images, seed: int) -> Images:
    """Draw every value of every pixel anew: nothing in these images tells their class."""
    rng = np.random.default_rng([seed, _NOISE])
    shape = (config.per_class, *real.size, 3)
    drawn = [rng.integers(0, 256, shape, np.uint8) for _ in real.class_names]
    return _by_class(drawn, real, "noise in place of")


def _copies(
    config: MixConfig, real: Images, seed: int
) -> tuple[Images, Targets, NDArray[np.int64]]:
    """Repeat each class's images, shuffled, as often as needed, and change each once.

    The last that is returned are the positions of the originals.
    """
    rng = np.random.default_rng([seed, _COPIES])
    places = []
    for label, name in enumerate(real.class_names):
        own = np.flatnonzero(real.labels == label)
        if not len(own):
            raise InputError(f"no image of class {name!r} to copy, give at least one")
        rounds = -(-config.per_class // len(own))
        order = np.concatenate([rng.permutation(own) for _ in range(rounds)])
        places.append(order[: config.per_class])
    originals = np.concatenate(places)
    copied = real.select(originals)
    change = parse(config.copy_augment)
    if not len(change):
        return copied, copied.one_hot(), originals
    # Shuffled across classes first: MixUp takes its partners from the batch.
    order = rng.permutation(len(copied))
    pixels, targets = np.empty_like(copied.pixels), copied.one_hot()
    for step, start in enumerate(range(0, len(order), _BATCH)):
        some = order[start : start + _BATCH]
        batch = tf.constant(copied.pixels[some] / np.float32(255))
        changed, labels = change(batch, tf.constant(targets[some]), seed=seed, step=step)
        pixels[some] = np.rint(changed.numpy() * 255)
        targets[some] = labels.numpy()
    images = Images(pixels, copied.labels, real.class_names, f"copies of {real.source}")
    return images, targets, originals


def _first_of_each(images: Images, count: int) -> Images:
    """Return the first ``count`` images of each class."""
    few = images.counts().min()
    if few < count:
        raise InputError(f"{few} further real images of a class, {count} are asked for")
    return images.first_of_each(count)


def _by_class(drawn: list[NDArray[np.uint8]], real: Images, kind: str) -> Images:
    labels = np.repeat(np.arange(len(drawn)), [len(pixels) for pixels in drawn])
    return Images(np.concatenate(drawn), labels, real.class_names, f"{kind} {real.source}")
