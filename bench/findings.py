"""How many planted copies and wrong labels the check of `ganaug data` finds, and what it makes up.

Command: ``make bench-findings DATASET=cifar10 DATA_DIR=…``, or ``python -m bench.findings -h``.

- Near duplicates: crops of 80 to 90 % of each side at a random place, resized back, half of them
  mirrored, saved as JPEG of quality 60 to 90, planted among real images. A pair counts as made up
  unless it was planted, or is reported without any planting too (CIFAR-10 holds real ones: see for
  yourself in the PNG).
- Bursts: scenes of a few soft shapes, eight shots each, shifted by a pixel, noise anew.
- Kinds of pictures that are much alike without being the same: digits, stripes in noise.
- Wrong labels: 10 % of the labels, drawn evenly among the other classes.

Thresholds were chosen on other images than the figures are of: those of copies on the first half,
those of labels on the training split, so that these figures are of the test split. The last line is
JSON.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines import runtime
from pipelines.data.duplicates import near_groups, near_pairs
from pipelines.data.images import Images
from pipelines.data.pool import Pool
from pipelines.data.sources import load_source
from pipelines.findings.copies import alike
from pipelines.findings.labels import doubtful, out_of_fold

Pixels = NDArray[np.uint8]
Ends = set[tuple[int, int]]

NETWORKS = ("efficientnet_lite0", "efficientnet_lite01")
SIZE = 160


def planted(images: Pixels, rng: np.random.Generator, count: int) -> tuple[list[int], Pixels]:
    """Return the positions of some images, and each cropped, mirrored and encoded anew."""
    chosen = rng.choice(len(images), count, replace=False)
    side, made = images.shape[1], []
    for number, at in enumerate(chosen):
        high, wide = rng.uniform(0.8, 0.9, 2) * side
        top, left = rng.uniform(0, side - high), rng.uniform(0, side - wide)
        box = (left, top, left + wide, top + high)
        image = Image.fromarray(images[at]).resize((side, side), Image.Resampling.BILINEAR, box)
        if number % 2:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        buffer = io.BytesIO()
        image.save(buffer, "jpeg", quality=int(rng.integers(60, 91)))
        made.append(np.asarray(Image.open(buffer).convert("RGB")))
    return chosen.tolist(), np.stack(made)


def ends(pairs: Any) -> Ends:
    """Return pairs as a set."""
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


def copies(images: Images, seeds: int, count: int, features: Any, out: Path) -> dict[str, Any]:
    """Plant copies among the images; with and without pairs that features propose."""
    known = ends(near_pairs(images.pixels))
    picture(images.pixels, sorted(known), out)
    rows: dict[str, list[tuple[float, float]]] = {"pixels": [], "pixels and features": []}
    for seed in range(seeds):
        rng = np.random.default_rng([seed, 1])
        own = rng.permutation(len(images))[:count]
        chosen, made = planted(images.pixels[own], rng, 40)
        pool = np.concatenate([images.pixels[own], made])
        origin = np.concatenate([own, own[chosen]]).tolist()
        truth = {(at, count + number) for number, at in enumerate(chosen)}
        for name, further in (
            ("pixels", None),
            ("pixels and features", None if features is None else alike(features(pool))),
        ):
            if name != "pixels" and further is None:
                continue
            found = ends(near_pairs(pool, further))
            made_up = [
                pair
                for pair in found - truth
                if tuple(sorted(origin[at] for at in pair)) not in known
                and origin[pair[0]] != origin[pair[1]]
            ]
            rows[name].append((len(found & truth) / 40, 1 - len(made_up) / max(1, len(found))))
    return {
        "images": count,
        "pairs without planting": len(known),
        **{name: spread(values) for name, values in rows.items() if values},
    }


def bursts(seeds: int) -> dict[str, float]:
    """Count scenes whose shots are one group, and groups of several scenes."""
    whole = joined = 0
    for seed in range(seeds):
        rng = np.random.default_rng([seed, 2])
        shots = []
        for _ in range(30):
            few = Image.fromarray(rng.integers(0, 255, (6, 6, 3), np.uint8))
            base = np.asarray(few.resize((64, 64))).astype(int)
            for _ in range(8):
                moved = np.roll(base, rng.integers(-1, 2, 2), axis=(0, 1))
                shots.append(moved + rng.normal(0, 6, base.shape))
        groups = near_groups(np.stack(shots).clip(0, 255).astype(np.uint8)).reshape(30, 8)
        whole += sum(len(set(scene)) == 1 for scene in groups.tolist())
        joined += 30 - len(set(groups[:, 0].tolist()))
    return {"scenes": 30 * seeds, "whole": whole, "joined": joined}


def much_alike(seeds: int) -> dict[str, int]:
    """Count pairs among pictures of one kind: each of them is made up."""
    digits = load_source("mnist5k").train.read().pixels
    found = {"digits, 5000 at once": len(near_pairs(digits).first)}
    for count in (200, 1000):
        some = (
            np.random.default_rng([s, 3]).permutation(len(digits))[:count] for s in range(seeds)
        )
        name = f"digits, {count} at a time, {seeds} times"
        found[name] = sum(len(near_pairs(digits[own]).first) for own in some)
    return found


def wrong_labels(images: Images, features: Any, seeds: int) -> dict[str, Any]:
    """Plant wrong labels in draws of the images."""
    seen, found = features(images.pixels), {}
    for classes, most in ((2, 50), (2, 200), (10, 50), (10, 150)):
        rows = []
        for seed in range(seeds if classes == 2 else max(1, seeds // 3)):
            rng = np.random.default_rng([seed, 4])
            drawn = np.sort(rng.choice(10, classes, replace=False))
            own = np.concatenate(
                [rng.permutation(np.flatnonzero(images.labels == k))[:most] for k in drawn]
            )
            right = np.searchsorted(drawn, images.labels[own])
            given, bad = right.copy(), rng.permutation(len(own))[: len(own) // 10]
            given[bad] = (given[bad] + rng.integers(1, classes, len(bad))) % classes
            probabilities = out_of_fold(seen[own], given, np.arange(len(own)))
            reported = set(doubtful(probabilities, given).tolist())
            hits = len(reported & set(bad.tolist()))
            order = np.argsort(probabilities[np.arange(len(own)), given], kind="stable")
            rows.append((hits / len(bad), hits / max(1, len(reported)), best(order, bad)))
        found[f"{classes} classes of {most}"] = spread(rows)
    return found


def best(order: NDArray[np.int64], bad: NDArray[np.int64], precision: float = 0.9) -> float:
    """Return the most wrong labels that a bar could find at this precision."""
    hits = np.cumsum(np.isin(order, bad))
    enough = hits >= precision * np.arange(1, len(order) + 1)
    return float(hits[enough].max(initial=0) / len(bad))


def spread(rows: Iterable[tuple[float, ...]]) -> dict[str, list[float]]:
    """Return mean and standard deviation of what was found, and of how much of it is right."""
    names = ("recall", "precision", "recall at 90 %")
    return {
        name: [
            round(statistics.mean(values), 3),
            round(statistics.stdev(values) if len(values) > 1 else 0, 3),
            round(min(values), 3),
        ]
        for name, values in zip(names, zip(*rows, strict=True), strict=False)
    }


def seconds(images: Images) -> dict[str, float]:
    """Time the groups of more and more pictures; beyond what there are, mirrored mixtures."""
    found = {}
    rng = np.random.default_rng(5)
    for count in (2000, 20_000):
        times = -(-count // len(images))
        mixed = [
            images.pixels // 2 + images.pixels[rng.permutation(len(images)), :, ::-1] // 2
            for _ in range(times)
        ]
        pool = np.concatenate(mixed)[:count]
        start = time.perf_counter()
        near_groups(pool)
        found[str(count)] = round(time.perf_counter() - start, 1)
    return found


def picture(pixels: Pixels, pairs: list[tuple[int, int]], out: Path) -> None:
    """Draw pairs side by side."""
    out.mkdir(parents=True, exist_ok=True)
    sheet = Image.new("RGB", (210, 105 * max(1, len(pairs))), "white")
    for row, pair in enumerate(pairs):
        for column, at in enumerate(pair):
            shown = Image.fromarray(pixels[at]).resize((100, 100), Image.Resampling.NEAREST)
            sheet.paste(shown, (105 * column, 105 * row))
    sheet.save(out / "pairs.png")


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", default="cifar10")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--images", type=int, default=800, help="real ones around the copies")
    parser.add_argument("--out", type=Path, default=Path("outputs/bench-findings"))
    parser.add_argument("--only", default="", help="what to measure: part of its name")
    options = parser.parse_args()
    source = load_source(options.dataset, data_dir=options.data_dir)
    whole = Pool.concatenate(list(source.splits.values())).read()
    order = np.random.default_rng(99).permutation(len(whole))
    images = whole.select(order[len(order) // 2 :])  # the first half chose the thresholds
    tested = whole if source.test is None else source.test.read()
    runtime.quiet()
    from classifiers.frozen.features import FeatureExtractor

    networks = {
        name: FeatureExtractor(name, SIZE, cache=options.out / "features") for name in NETWORKS
    }
    result: dict[str, Any] = {"machine": runtime.machine()}
    for name, measure in (
        ("copies", lambda: copies(images, options.seeds, options.images, None, options.out)),
        ("bursts", lambda: bursts(3)),
        ("much alike", lambda: much_alike(5)),
        ("seconds", lambda: seconds(images)),
        *(
            (f"labels, {name}", lambda net=net: wrong_labels(tested, net, options.seeds))
            for name, net in networks.items()
        ),
        (
            "copies, features too",
            lambda: copies(images, 3, options.images, networks[NETWORKS[0]], options.out),
        ),
    ):
        if options.only not in name:
            continue
        result[name] = measure()
        print(f"{name}: {json.dumps(result[name])}", flush=True)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
