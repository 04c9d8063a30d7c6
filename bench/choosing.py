"""How much choosing the best of ten ways flatters, and whether what is announced holds.

Command: ``python -m bench.choosing DATASET --data-dir DIR``, or ``… --help``. Ten linear probes
that differ in the size of the images, the features and the penalty are tried on twice five folds of
a few images, and announced is what `ganaug compare` announces: the accuracy of the way that is best
on the other folds, and what the learning curve says that more images add. The judge is the best
probe, fitted to all of those images, on all other images of the classes.

The last line is JSON, in percentage points: by how much the winner's mean is above the judge's
accuracy, that of the ways chosen on the other folds only, and what is announced, each with its
standard error; and the fraction of repetitions whose interval holds the judge's accuracy: that of
what is announced, and that around the winner's mean.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines import runtime
from pipelines.comparison.parts import FRACTIONS, part_positions
from pipelines.data.pool import Pool
from pipelines.data.sources import load_source
from pipelines.data.splits import stratified_folds
from pipelines.statistics.bootstrap import Differences
from pipelines.statistics.choosing import chosen_by_the_others, leader
from pipelines.statistics.expected import expected, interval_of
from pipelines.statistics.learning_curve import LearningCurve, Measured, learning_curve

NETWORK = "efficientnet_lite0"
WAYS = [
    (size, deep, penalty)
    for size, deep in ((64, False), (64, True), (96, False), (96, True), (128, False))
    for penalty in (100.0, 10_000.0)
]
"""Sides in pixels, whether the last two stages are taken, penalties."""
FOLDS, REPEATS = 5, 2


class Announced(NamedTuple):
    """What one repetition says, and what the judge says of it; accuracies in 0..1."""

    naive: float
    nested: float
    announced: float
    judged: float
    holds: bool
    naive_holds: bool


def repetition(
    features: list[NDArray[np.float32]],
    labels: NDArray[np.int64],
    own: NDArray[np.int64],
    seed: int,
) -> Announced:
    """Choose among the ways on some images, and judge the choice on all others."""
    from classifiers.frozen.linear import RidgeProbes

    classes = int(labels.max()) + 1
    rest = np.setdiff1d(np.arange(len(labels)), own)
    accuracies: dict[str, dict[int, float]] = {}
    right: dict[str, list[Differences]] = {}
    folds = stratified_folds(labels[own], FOLDS, seed, repeats=REPEATS)

    def hits(way: str, train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.float64]:
        rows, penalty = features[int(way)], WAYS[int(way)][2]
        probe = RidgeProbes(rows[train], labels[train], classes).fit(penalty)
        return (probe.predict_proba(rows[test]).argmax(axis=1) == labels[test]).astype(np.float64)

    def curve(way: str) -> LearningCurve | None:
        """Return the learning curve of a way, from the folds of one repetition."""
        errors: dict[float, dict[int, float]] = {part: {} for part in FRACTIONS}
        for number, (train, test) in enumerate(folds[:FOLDS]):
            alone = np.arange(len(train))
            for part, known in errors.items():
                few = own[train[part_positions(labels[own[train]], alone, part, number)]]
                known[number] = 1 - float(hits(way, few, own[test]).mean())
        errors[1.0] = {number: 1 - accuracies[way][number] for number in range(FOLDS)}
        per_class = len(own) * (1 - 1 / FOLDS) / classes
        sizes = [Measured(part * per_class, known) for part, known in errors.items()]
        return learning_curve(sizes, len(own), correlation=1 / FOLDS)

    for way in map(str, range(len(features))):
        for number, (train, test) in enumerate(folds):
            known = hits(way, own[train], own[test])
            accuracies.setdefault(way, {})[number] = float(known.mean())
            names = tuple(str(image) for image in own[test])
            right.setdefault(way, []).append(Differences(names, known))
    best = leader(accuracies)
    judged = float(hits(best, own, rest).mean())
    chosen = chosen_by_the_others(accuracies)
    said = expected([right[way][i] for i, way in chosen.items()], curve(best), FOLDS / (FOLDS - 1))
    low, high = interval_of(right[best])
    return Announced(
        naive=float(np.mean(list(accuracies[best].values()))),
        nested=said.tested,
        announced=said.accuracy,
        judged=judged,
        holds=said.interval[0] <= judged <= said.interval[1],
        naive_holds=low <= judged <= high,
    )


def summary(found: list[Announced]) -> dict[str, Any]:
    """Return the figures of all repetitions, in percent and points."""
    rows = np.array(found, np.float64)
    naive, nested, announced, judged, holds, naive_holds = rows.T

    def bias(said: NDArray[np.float64]) -> list[float]:
        over = 100 * (said - judged)
        return [round(over.mean(), 2), round(over.std(ddof=1) / math.sqrt(len(over)), 2)]

    return {
        "repetitions": len(found),
        "judged": round(100 * judged.mean(), 1),
        "flatters": bias(naive),
        "flatters_nested": bias(nested),
        "announced": bias(announced),
        "interval_holds": round(100 * holds.mean(), 1),
        "interval_of_the_mean_holds": round(100 * naive_holds.mean(), 1),
    }


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", default="cifar10")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--classes", default="cat,dog", help="as the data set calls them")
    parser.add_argument("--per-class", type=int, default=40)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("outputs/bench-choosing"))
    options = parser.parse_args()
    source = load_source(options.dataset, data_dir=options.data_dir)
    chosen = [source.train.class_names.index(name) for name in options.classes.split(",")]
    images = Pool.concatenate(list(source.splits.values())).relabelled(chosen).read()
    runtime.quiet()
    from classifiers.frozen.features import FeatureExtractor

    known = {
        (size, deep): FeatureExtractor(NETWORK, size, deep=deep, cache=options.out)(images.pixels)
        for size, deep in dict.fromkeys((size, deep) for size, deep, _ in WAYS)
    }
    features = [known[size, deep] for size, deep, _ in WAYS]
    found = []
    for seed in range(options.repetitions):
        rng = np.random.default_rng([99, seed])
        own = np.concatenate(
            [
                rng.choice(np.flatnonzero(images.labels == label), options.per_class, replace=False)
                for label in range(len(chosen))
            ]
        )
        found.append(repetition(features, images.labels, np.sort(own), seed))
    print(json.dumps({"machine": runtime.machine(), **summary(found)}))


if __name__ == "__main__":
    main()
