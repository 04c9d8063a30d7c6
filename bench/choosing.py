"""How much choosing the best of ten ways flatters, and whether what is announced holds.

Command: ``python -m bench.choosing DATASET --data-dir DIR``, or ``… --help``. Ten linear probes
that differ in the size of the images, the features and the penalty are tried on twice five folds of
a few images; the best mean is announced with its interval, as `ganaug compare` does. The judge is
the same probe, fitted to all of those images, on all other images of the classes.

The last line is JSON, in percentage points: by how much the winner's mean is above the judge's
accuracy, and by how much that of the arms chosen on the other folds only, each with its standard
error; and the fraction of repetitions whose interval holds the judge's accuracy, beside the same of
an arm that nobody chose.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines import runtime
from pipelines.data.pool import Pool
from pipelines.data.sources import load_source
from pipelines.data.splits import stratified_folds
from pipelines.report.answers import interval_of
from pipelines.statistics.bootstrap import Differences
from pipelines.statistics.choosing import chosen_by_the_others, leader

NETWORK = "efficientnet_lite0"
WAYS = [
    (size, deep, penalty)
    for size, deep in ((64, False), (64, True), (96, False), (96, True), (128, False))
    for penalty in (100.0, 10_000.0)
]
"""Sides in pixels, whether the last two stages are taken, penalties."""


class Announced(NamedTuple):
    """What one repetition says, and what the judge says of it; accuracies in 0..1."""

    naive: float
    nested: float
    judged: float
    holds: bool
    first_holds: bool


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
    folds = stratified_folds(labels[own], 5, seed, repeats=2)
    for way, (rows, (*_, penalty)) in enumerate(zip(features, WAYS, strict=True)):
        for number, (train, test) in enumerate(folds):
            probe = RidgeProbes(rows[own[train]], labels[own[train]], classes).fit(penalty)
            answers = probe.predict_proba(rows[own[test]]).argmax(axis=1)
            hits = (answers == labels[own[test]]).astype(np.float64)
            accuracies.setdefault(str(way), {})[number] = float(hits.mean())
            names = tuple(str(image) for image in own[test])
            right.setdefault(str(way), []).append(Differences(names, hits))

    def judge(way: str) -> float:
        rows = features[int(way)]
        probe = RidgeProbes(rows[own], labels[own], classes).fit(WAYS[int(way)][2])
        return float((probe.predict_proba(rows[rest]).argmax(axis=1) == labels[rest]).mean())

    def holds(way: str) -> bool:
        low, high = interval_of(right[way])
        return low <= judge(way) <= high

    best = leader(accuracies)
    return Announced(
        naive=float(np.mean(list(accuracies[best].values()))),
        nested=float(np.mean(list(chosen_by_the_others(accuracies).values()))),
        judged=judge(best),
        holds=holds(best),
        first_holds=holds("0"),
    )


def summary(found: list[Announced]) -> dict[str, Any]:
    """Return the figures of all repetitions, in percent and points."""
    rows = np.array(found, np.float64)
    naive, nested, judged, holds, first = rows.T

    def bias(announced: NDArray[np.float64]) -> list[float]:
        over = 100 * (announced - judged)
        return [round(over.mean(), 2), round(over.std(ddof=1) / math.sqrt(len(over)), 2)]

    return {
        "repetitions": len(found),
        "judged": round(100 * judged.mean(), 1),
        "flatters": bias(naive),
        "flatters_nested": bias(nested),
        "interval_holds": round(100 * holds.mean(), 1),
        "interval_holds_unchosen": round(100 * first.mean(), 1),
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
