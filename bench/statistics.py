"""How often a comparison tells equal arms apart, and how often it finds a difference there is.

Command: ``make bench-statistics DATA_DIR=…``, or ``python -m bench.statistics --help``.

A trial draws two classes and some images of them, makes 10 instances by ganaug's own protocols and
tests every arm on each. Then it goes through what the report goes through: `overlap_of`, `paired`,
`holm_adjusted`, `conclusion`. "Better" or "worse" of any arm is a claim.

- The images: the embedded digits, and the part of CIFAR-10 below the data folder, left out if it is
  not there. Overlapping: 60 images a class, of which each instance draws 40 to train on and 20 to
  test on. Folds: the same 60, twice in 5 folds. Disjoint: 10 instances with no image in common, of
  as many images as the data set has for each, at most 60 a class, two thirds of them to train on.
- The arms stand in for classifiers that take minutes: ridge regressions on pixels, each of which
  sees every image through noise of its own. The noise is drawn once a trial, for every arm and
  image from the same law. So the arms are equal by construction, on images not yet seen; but of
  those that come back in other instances, an arm is right or wrong about the same ones again, and
  learns the same from them. That is how equal arms come to look different.
- The planted difference: what the reference answers right becomes wrong for some images, the same
  ones in all instances of a trial, so many that its accuracy is 3 points lower in expectation.

The last line is JSON, fractions of the trials. `false_claims_…` are over data sets and numbers of
arms; `power_3_points` is of two arms whose instances overlap, and `false_claims_uncorrected` what
the plain tests, which take overlapping instances for independent, would claim.
"""

import argparse
import itertools
import json
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from pipelines import runtime
from pipelines.data.choosing import ALL, Design
from pipelines.data.images import Images
from pipelines.data.overlap import overlap_of
from pipelines.data.pool import Pool, in_memory
from pipelines.data.protocols import make_instances
from pipelines.data.sources import Source, load_source
from pipelines.errors import InputError
from pipelines.statistics.paired import holm_adjusted, paired
from pipelines.statistics.verdicts import conclusion

DATASETS = ("mnist5k", "cifar10")
PROTOCOLS = ("overlapping", "folds", "disjoint")
ARMS = (2, 5)
INSTANCES = 10
TRAIN, TEST = 40, 20
"""Images of a class in an instance that overlaps with others, of the `TRAIN + TEST` there are."""
PLANTED = 0.03
CLAIMS = {"better", "worse"}
PENALTY = 30.0
"""Of the ridge regressions, on 256 numbers of deviation 1 an image."""
NOISE = 1.0
"""Deviation of what each arm sees in each image beside it: as large as the image's own."""
BLOCK = 2
"""Pixels a side that are averaged."""


class Cell(NamedTuple):
    """One line of the table."""

    dataset: str
    protocol: str
    arms: int


class Trial(NamedTuple):
    """Every arm on every instance: training and test images by position, and what was right."""

    hashes: list[str]
    instances: list[tuple[list[int], list[int]]]
    right: list[NDArray[np.bool_]]
    """Of each instance, ``[arms, test images]``."""


def draw(pool: Images, cell: Cell, rng: np.random.Generator) -> list[tuple[Images, Images]]:
    """Draw two classes, some images of them, and the instances, by ganaug's protocols."""
    names = rng.choice(pool.class_names, 2, replace=False).tolist()
    positions = [
        rng.permutation(np.flatnonzero(pool.labels == pool.class_names.index(name)))
        for name in names
    ]
    there = min(map(len, positions))
    size, parts = TRAIN + TEST, 1
    if cell.protocol == "disjoint":
        size, parts = min(size, there // INSTANCES), INSTANCES
    train = round(size * TRAIN / (TRAIN + TEST))
    drawn = []
    for part in range(parts):
        own = [some[part * size : (part + 1) * size] for some in positions]
        images = Images(
            pool.pixels[np.concatenate(own)], np.repeat([0, 1], size), tuple(names), pool.source
        )
        folds = cell.protocol == "folds"
        design = Design(
            protocol="folds" if folds else "draws",
            classes=tuple(names),
            per_class=ALL if folds else train,
            test_per_class=ALL if folds else size - train,
            folds=5,
            seed=int(rng.integers(2**31)),
            instances=INSTANCES // parts,
        )
        drawn += [
            (one.train.read(), one.test.read())
            for one in make_instances(Source(cell.dataset, in_memory(images), None), design)
        ]
    return drawn


def run_trial(pool: Images, cell: Cell, rng: np.random.Generator, noise: float = NOISE) -> Trial:
    """Train and test every arm on every instance."""
    drawn = draw(pool, cell, rng)
    every = Images.concatenate([part for pair in drawn for part in pair])
    hashes, first, number = np.unique(every.image_hashes(), return_index=True, return_inverse=True)
    plain, signs = standardised(every.select(first)), 2.0 * every.labels[first] - 1
    views = plain + noise * rng.standard_normal((cell.arms, *plain.shape), np.float32)
    views[..., -1] = plain[:, -1]
    places = np.split(number, np.cumsum([len(part) for pair in drawn for part in pair])[:-1])
    instances = list(zip(places[::2], places[1::2], strict=True))
    right = []
    for train, test in instances:
        seen = views[:, train]
        similar = seen @ seen.transpose(0, 2, 1) + PENALTY * np.eye(len(train), dtype=np.float32)
        coefficients = np.linalg.solve(similar, signs[train][:, None].astype(np.float32))
        answers = views[:, test] @ (seen.transpose(0, 2, 1) @ coefficients)
        right.append(answers[..., 0] * signs[test] > 0)
    return Trial(list(hashes), [(a.tolist(), b.tolist()) for a, b in instances], right)


def standardised(images: Images) -> NDArray[np.float32]:
    """Return each image as numbers of mean 0 and deviation 1, and a constant behind them."""
    n, height, width, _ = images.pixels.shape
    blocks = images.pixels.reshape(n, height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    grey = blocks.mean(axis=(2, 4, 5)).reshape(n, -1)
    grey = (grey - grey.mean(axis=0)) / (grey.std(axis=0) + 1)
    return np.hstack([grey, np.full((n, 1), np.sqrt(grey.shape[1]))]).astype(np.float32)


def claims(accuracies: NDArray[np.float64], correlation: float) -> set[str]:
    """Return what is concluded of the arms, ``[arms, instances]``, against the first of them."""
    family = holm_adjusted(
        {
            str(arm): paired(accuracies[0], own, correlation=correlation)
            for arm, own in enumerate(accuracies[1:], start=1)
        }
    )
    return {conclusion(one) for one in family.values()}


def judge(trial: Trial, rng: np.random.Generator) -> dict[str, bool]:
    """Say what a report would have claimed."""
    hashes = trial.hashes
    shared = overlap_of(
        [([hashes[i] for i in train], [hashes[i] for i in test]) for train, test in trial.instances]
    )
    accuracies = np.array([own.mean(axis=1) for own in trial.right]).T
    spoilt = rng.random(len(hashes)) < PLANTED / accuracies[0].mean()
    worse = accuracies.copy()
    worse[0] = [
        np.mean(own[0] & ~spoilt[test])
        for own, (_, test) in zip(trial.right, trial.instances, strict=True)
    ]
    return {
        "false": bool(claims(accuracies, shared.correlation) & CLAIMS),
        "uncorrected": bool(claims(accuracies, 0.0) & CLAIMS),
        "found": "better" in claims(worse, shared.correlation),
    }


def trials(pool: Images, cell: Cell, count: int, seed: int, noise: float) -> Counter[str]:
    """Count what was claimed in some trials."""
    counted: Counter[str] = Counter()
    key = [zlib.crc32(cell.dataset.encode()), PROTOCOLS.index(cell.protocol), cell.arms]
    for number in range(count):
        rng = np.random.default_rng([seed, *key, number])
        counted.update(judge(run_trial(pool, cell, rng, noise), rng))
    return counted


def pools(names: Sequence[str], data_dir: Path | None) -> Iterator[tuple[str, Images]]:
    """Yield the images of each data set that is there."""
    for name in names:
        try:
            source = load_source(name, data_dir=data_dir)
        except InputError as error:
            print(f"{name} is left out: {error}")
        else:
            yield name, Pool.concatenate(list(source.splits.values())).read()


def measured(claimed: int, count: int) -> str:
    """Return a fraction with its 95 % interval of Clopper and Pearson, in %."""
    within = scipy.stats.binomtest(claimed, count).proportion_ci(0.95, method="exact")
    return f"{100 * claimed / count:5.1f} ({100 * within.low:4.1f} … {100 * within.high:4.1f})"


def summarised(table: dict[Cell, Counter[str]], count: int) -> dict[str, float]:
    """Return the fractions that the last line holds."""

    def fraction(what: str, protocol: str, arms: Sequence[int] = ARMS) -> float:
        cells = [c for c in table if c.protocol == protocol and c.arms in arms]
        return round(sum(table[cell][what] for cell in cells) / (count * len(cells)), 4)

    return {
        **{f"false_claims_{protocol}": fraction("false", protocol) for protocol in PROTOCOLS},
        "power_3_points": fraction("found", "overlapping", ARMS[:1]),
        "false_claims_uncorrected": fraction("uncorrected", "overlapping"),
    }


def print_table(table: dict[Cell, Counter[str]], count: int) -> None:
    """Print every line, and the sums over data sets and numbers of arms."""
    print(
        f"in % of n trials, with 95 % intervals (Clopper and Pearson); {INSTANCES} instances each"
    )
    print(
        f"{'data set':10}{'instances':13}{'arms':>5}{'n':>6}   {'false claims':20}"
        f"{'uncorrected':20}{f'{100 * PLANTED:.0f} points found':20}"
    )
    sums: dict[str, tuple[int, Counter[str]]] = {}
    for cell, counted in table.items():
        before, so_far = sums.get(cell.protocol, (0, Counter[str]()))
        sums[cell.protocol] = before + count, so_far + counted
        _print_row(cell.dataset, cell.protocol, str(cell.arms), counted, count)
    for protocol, (total, counted) in sums.items():
        _print_row("all", protocol, "all", counted, total)


def _print_row(dataset: str, protocol: str, arms: str, counted: Counter[str], count: int) -> None:
    columns = [measured(counted[what], count) for what in ("false", "uncorrected", "found")]
    print(f"{dataset:10}{protocol:13}{arms:>5}{count:6}   " + "".join(f"{c:20}" for c in columns))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("datasets", nargs="*", default=DATASETS, help=", ".join(DATASETS))
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--trials", type=int, default=600, help="of each line of the table")
    parser.add_argument("--noise", type=float, default=NOISE, help="of what an arm sees")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    table = {
        cell: trials(images, cell, options.trials, options.seed, options.noise)
        for name, images in pools(options.datasets, options.data_dir)
        for cell in itertools.starmap(Cell, itertools.product([name], PROTOCOLS, ARMS))
    }
    if not table:
        parser.error("none of the data sets is there")
    print(f"{runtime.machine()}; {time.perf_counter() - start:.0f} s")
    print_table(table, options.trials)
    print(json.dumps(summarised(table, options.trials)))


if __name__ == "__main__":
    main()
