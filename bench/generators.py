"""What each ingredient of a generator is worth on 50 images of a class.

Command: ``make bench-generators DATASET=cifar10 DATA_DIR=…``, or ``python -m bench.generators -h``.

Every variant trains a generator for each class of each pair, one class a core, through the tasks of
`ganaug gan`: a measurement that is stopped goes on where it was. What is measured of its samples:

- KID on `efficientnet_lite0` features at 160 pixels, to real images that no training saw;
- the fraction of samples in which an independent judge finds the intended class: a linear
  probe on those features, trained on real images of the pair that no generator saw; projected
  discriminators look through another network, `efficientnet_lite1`;
- the coverage of those real images, how varied samples are (Naeem et al. 2020);
- the copy test of `ganaug quality`, on the same network at 96 pixels;
- how colourful they are beside unseen real images, by Hasler and Süsstrunk 2003: features care
  little for colour.

Variants after the first are compared with it, class by class, in KID and in the fraction of
training images found copied. The last line is JSON: for each variant the means over the classes.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifiers.frozen.linear import Probe, logistic_probe
from ganaug import Bank
from ganaug.config import GanConfig
from ganaug.quality import Extractor
from ganaug.quality.copying import find_copies
from ganaug.quality.kid import kid
from ganaug.quality.originals import Originals
from ganaug.quality.prdc import prdc
from pipelines import runtime
from pipelines.comparison.banks import train_gans
from pipelines.comparison.instances import Drawn, draw_instances, open_source
from pipelines.comparison.plan import plan_gans
from pipelines.comparison.sizes import GENERATED
from pipelines.data.images import Images
from pipelines.recipes.data import DataConfig
from pipelines.recipes.recipe import load_recipe
from pipelines.statistics.paired import paired, summary
from pipelines.synthetic.judges import open_judges
from pipelines.tasks.executor import Executor

PLAIN: dict[str, Any] = {"augment": "", "flip": False, "ema_half_life": 0, "lecam_weight": 0}
"""The DCGAN of study P7, for the default number of steps."""
THREE: dict[str, Any] = {"lecam_weight": 0}
"""Flips, EMA and DiffAugment: the defaults but LeCam."""
PROJECTED = load_recipe("projected").gan.model_dump(exclude_unset=True)
DEFAULT = GanConfig()
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "plain + flips": PLAIN | {"flip": True},
    "plain + EMA": PLAIN | {"ema_half_life": DEFAULT.ema_half_life},
    "plain + DiffAugment": PLAIN | {"augment": DEFAULT.augment},
    "all three": THREE,
    "all three + LeCam 0.3: default": {},
    "all three, hinge": THREE | {"loss": "hinge"},
    "all three, adaptive 0.6": THREE | {"ada_target": 0.6},
    "all three + R1 0.1": THREE | {"r1_weight": 0.1},
    "all three + spectral norm": THREE | {"spectral_norm": True},
    "all three + minibatch stddev": THREE | {"minibatch_stddev": True},
    "all three, residual": THREE | {"network": "residual"},
    "default, no flips": {"flip": False},
    "default, no EMA": {"ema_half_life": 0},
    "default, no DiffAugment": {"augment": ""},
    "default, no dropout": {"dropout": 0},
    "default, hinge": {"loss": "hinge"},
    "default, adaptive 0.6": {"ada_target": 0.6},
    "default, residual": {"network": "residual"},
    "default, batch 32": {"batch": 32},
    "default, float32": {"precision": "float32"},
    "projected": PROJECTED,
    "projected + LeCam 0.3": PROJECTED | {"lecam_weight": 0.3},
    "projected, best by lite0": PROJECTED | {"judge": "efficientnet_lite0"},
    "projected, colour too": PROJECTED | {"augment": DEFAULT.augment},
    "projected, lr 2e-4": PROJECTED | {"learning_rate": 2e-4},
    "projected, no EMA": PROJECTED | {"ema_half_life": 0},
    "projected, non-saturating": PROJECTED | {"loss": "non_saturating"},
    "projected, no DiffAugment": PROJECTED | {"augment": ""},
}
SAMPLES = 300


class Pair(NamedTuple):
    """Two classes, and everything to judge samples of them by."""

    drawn: Drawn
    unseen: dict[str, Any]
    colourful: dict[str, float]
    train: dict[str, Any]
    probe: Probe
    accuracy: float
    originals: dict[str, tuple[Originals, Originals]]


def open_pair(
    options: argparse.Namespace, classes: str, seed: int, judge: Extractor, finder: Extractor
) -> Pair:
    """Draw the images of a pair, and train its judge on those that no generator sees."""
    data = DataConfig(
        source=options.dataset,
        data_dir=options.data_dir,
        classes=classes.replace("/", ","),
        seed=seed,
        instances=1,
    )
    (drawn,) = draw_instances(
        open_source(data), data, options.outputs, [GENERATED], options.judged_by
    )
    folder = options.outputs / drawn.at[GENERATED].folder
    train, test = Images.load(folder / "train.npz"), Images.load(folder / "test.npz")
    further = Images.load(options.outputs / str(drawn.at[GENERATED].further))
    probe = logistic_probe(judge(further.pixels), further.labels, len(further.class_names))
    seen = judge(test.pixels)
    accuracy = float(np.mean(probe.logits(seen).argmax(axis=1) == test.labels))
    labels = dict(enumerate(drawn.record.classes))
    return Pair(
        drawn,
        unseen={name: seen[test.labels == label] for label, name in labels.items()},
        colourful={name: colourfulness(test.of_class(label)) for label, name in labels.items()},
        train={name: judge(train.of_class(label)) for label, name in labels.items()},
        probe=probe,
        accuracy=accuracy,
        originals={
            name: (
                Originals.of(train.of_class(label), finder),
                Originals.of(test.of_class(label), finder),
            )
            for label, name in labels.items()
        },
    )


def colourfulness(images: np.ndarray) -> float:
    """Return the mean over images of how the opponent colours spread and lie off grey."""
    red, green, blue = np.moveaxis(images.astype(np.float32), -1, 0).reshape([3, len(images), -1])
    opponents = red - green, (red + green) / 2 - blue
    spread = np.hypot(*(o.std(axis=1) for o in opponents))
    off_grey = np.hypot(*(o.mean(axis=1) for o in opponents))
    return float(np.mean(spread + 0.3 * off_grey))


def judge_class(
    bank: Bank, name: str, pair: Pair, judge: Extractor, finder: Extractor
) -> dict[str, float]:
    """Measure the samples of one class."""
    images = bank.sample(name, SAMPLES, seed=1)
    samples = judge(images)
    copies, _ = find_copies(finder(images), *pair.originals[name])
    found = pair.probe.logits(samples).argmax(axis=1) == bank.label(name)
    return {
        "kid": kid(pair.unseen[name], samples).value,
        "floor": kid(pair.unseen[name], pair.train[name]).value,
        "found": float(np.mean(found)),
        "coverage": prdc(pair.unseen[name], samples).coverage.value,
        "copied": copies.copied,
        "chance": copies.copied_floor,
        "copies": float(copies.copies),
        "colour": colourfulness(images) / pair.colourful[name],
    }


def measure(name: str, pairs: list[Pair], judges: list[Any], options: Any) -> list[dict[str, Any]]:
    """Train one variant on every pair; return a row for each class."""
    settings = VARIANTS[name] | {"grid_every": 0}
    if options.steps:
        settings["steps"] = options.steps
    tasks = plan_gans([pair.drawn for pair in pairs], GanConfig(**settings), GENERATED)
    with Executor(options.outputs, runtime.cores()) as executor:
        banks, runs = train_gans(tasks, executor)
    seconds = {(run.instance, run.result.class_name): run.result.seconds for run in runs}
    return [
        {"class": f"{label}-{pair.drawn.record.seed}", "seconds": seconds[index, label]}
        | judge_class(Bank(options.outputs / banks[index]), label, pair, *judges)
        for index, pair in enumerate(pairs)
        for label in pair.drawn.record.classes
    ]


def _spread(values: list[float]) -> str:
    over = summary(values)
    return f"{over.mean:.3f}" + (f" ± {over.std:.3f}" if over.std is not None else "")


def _against(first: list[float], values: list[float]) -> str:
    """Tell the paired difference, of which less is better, with its 95 % interval."""
    if values is first:
        return ""
    change = paired(first, values)
    text = f", {change.mean:+.3f} against the first"
    if change.low is None or change.high is None:
        return text
    return f"{text} ({change.low:+.3f} to {change.high:+.3f}), {change.losses} of {change.n} lower"


def main() -> None:
    """Measure; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dataset", nargs="?", default="auto")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--pairs", default="airplane/cat,automobile/dog,ship/horse")
    parser.add_argument("--instances", type=int, default=1, help="subsets of images of each pair")
    parser.add_argument("--variants", default="plain|projected", help=" | ".join(VARIANTS))
    parser.add_argument("--steps", type=int, help="generator steps, instead of each variant's own")
    parser.add_argument(
        "--judged-by", type=int, default=120, help="real images a class that train the judge"
    )
    parser.add_argument("--outputs", type=Path, default=Path("outputs"))
    options = parser.parse_args()
    names = list(VARIANTS) if options.variants == "all" else options.variants.split("|")
    unknown = [name for name in names if name not in VARIANTS]
    if unknown:
        parser.error(f"unknown variants {unknown}; choose among {', '.join(VARIANTS)}")
    runtime.quiet()
    judges = [open_judges("efficientnet_lite0", size)[0] for size in (160, 96)]
    pairs = [
        open_pair(options, classes, seed, *judges)
        for seed in range(options.instances)
        for classes in options.pairs.split(",")
    ]
    print(runtime.machine())
    print("the judge is right on", *(f"{pair.accuracy:.1%}" for pair in pairs), "of test images")
    table: dict[str, dict[str, float]] = {}
    first: tuple[list[float], list[float]] | None = None
    for name in names:
        rows = measure(name, pairs, judges, options)
        for row in rows:
            print(
                f"{name:34}{row['class']:14}{row['seconds']:6.0f} s   KID {row['kid']:.3f} "
                f"(real {row['floor']:.3f})   found {row['found']:6.1%}   covered "
                f"{row['coverage']:.0%}   copied "
                f"{row['copied']:.0%} (chance {row['chance']:.0%})   colour {row['colour']:.0%}",
                flush=True,
            )
        now = [row["kid"] for row in rows], [row["copied"] for row in rows]
        first = first or now
        for label, before, values in zip(("KID", "copied"), first, now, strict=True):
            print(f"{name:34}{label} {_spread(values)}{_against(before, values)}", flush=True)
        keys = ("seconds", "kid", "found", "coverage", "copied", "copies", "colour")
        table[name] = {key: round(statistics.mean(row[key] for row in rows), 4) for key in keys}
    print(json.dumps(table))


if __name__ == "__main__":
    main()
