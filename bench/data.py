"""Images a second of the input pipeline, beside Keras' preprocessing layers.

Command: ``make bench-data`` or ``python -m bench.data [--seconds 4] [--rounds 3]``.

Both sides augment the same batches inside `Dataset.map` and are measured in turns, so that a busy
machine slows both; the best round of each counts. Keras' side is what its guides show: layers
called on whole batches. Where Keras has no counterpart, the nearest cheaper layer stands in:

- `RandomZoom`, which has no random position, for the resized crop;
- MixUp and CutMix are both computed, and each image takes one, as "at random per image" asks;
- its RandAugment draws one pair of operations for a whole batch, ours one for every image.

Then the small CNN and the study's even smaller baseline are trained from each of our pipelines, and
the time that a step waits for its batch is taken. The last line is JSON.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipelines import runtime

runtime.quiet()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from classifiers import build_model  # noqa: E402
from pipelines.augment import apply, parse  # noqa: E402

BATCHES = {32: 128, 224: 32}
"""Batch by image size."""
SMALL = "pereira_small"
"""Study P's small CNN, whose waiting counts."""
NETWORKS = (SMALL, "pereira_baseline")
"""The second is the least work a step of all networks here."""
CLASSES = 10
CORES = 2

Map = Callable[[tf.data.Dataset], tf.data.Dataset]


@dataclass(frozen=True)
class Case:
    """One augmentation, written both ways."""

    name: str
    ours: str
    keras: Callable[[int], Callable[[Any, Any], tuple[Any, Any]]]


def keras_flip_shift(size: int) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Flip and shift by up to 4 pixels."""
    layers = keras.layers
    shift = 4 / size
    chain = keras.Sequential(
        [layers.RandomFlip("horizontal"), layers.RandomTranslation(shift, shift, "reflect")]
    )
    return lambda images, labels: (chain(images, training=True), labels)


def keras_a2_both(size: int) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Study A's simple and advanced augmentations, one after the other."""
    layers, unit = keras.layers, (0.0, 1.0)
    chain = keras.Sequential(
        [
            layers.RandomZoom((-0.7, 0.0), (-0.7, 0.0)),
            layers.RandomRotation((0.0, 0.5), fill_mode="constant", interpolation="nearest"),
            layers.RandomFlip("horizontal"),
            layers.RandomInvert(0.2, value_range=unit),
            layers.Solarization(threshold_factor=(100 / 255, 100 / 255), value_range=unit),
        ]
    )
    mixup, cutmix = layers.MixUp(1.0), layers.CutMix(1.0)

    def augment(images: Any, labels: Any) -> tuple[Any, Any]:
        batch = {"images": chain(images, training=True), "labels": labels}
        faded, pasted = mixup(batch, training=True), cutmix(batch, training=True)
        coin = tf.random.uniform([tf.shape(images)[0]]) < 0.5
        return (
            tf.where(coin[:, None, None, None], faded["images"], pasted["images"]),
            tf.where(coin[:, None], faded["labels"], pasted["labels"]),
        )

    return augment


def keras_rand_augment(size: int) -> Callable[[Any, Any], tuple[Any, Any]]:
    """RandAugment with two operations."""
    layer = keras.layers.RandAugment(value_range=(0.0, 1.0), interpolation="nearest")
    return lambda images, labels: (layer(images, training=True), labels)


CASES = (
    Case("flip + shift", "flip|shift(4)", keras_flip_shift),
    Case("A2 both", "a2_both", keras_a2_both),
    Case("RandAugment", "rand_augment(2)", keras_rand_augment),
)


def source(size: int) -> tf.data.Dataset:
    """Return endless batches from memory."""
    rng = np.random.default_rng(0)
    batch = BATCHES[size]
    images = rng.random((4, batch, size, size, 3), dtype=np.float32)
    labels = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, (4, batch))]
    return tf.data.Dataset.from_tensor_slices((images, labels)).cache().repeat()


def images_per_second(pipelines: list[tf.data.Dataset], seconds: float, rounds: int) -> list[float]:
    """Measure pipelines in turns; return the best round of each."""
    best = [0.0] * len(pipelines)
    for _ in range(rounds):
        for index, dataset in enumerate(pipelines):
            iterator = iter(dataset.prefetch(tf.data.AUTOTUNE))
            for _ in range(3):
                next(iterator)
            best[index] = max(best[index], _rate(iterator, seconds))
            del iterator  # its threads would go on preparing batches during the next turn
    return best


def _rate(iterator: Iterator[Any], seconds: float) -> float:
    images, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        images += len(next(iterator)[0])
    return images / passed


def wait_fraction(network: str, augmentation: str, steps: int) -> float:
    """Return the fraction of a training's time in which the next batch is not there yet."""
    model = build_model(network, (32, 32, 3), CLASSES)
    model.compile(
        keras.optimizers.SGD(0.01, 0.9), keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    step = tf.function(lambda batch: model.train_step(batch), jit_compile=False)
    iterator = iter(
        apply(source(32), parse(augmentation), seed=0, workers="auto").prefetch(tf.data.AUTOTUNE)
    )
    for _ in range(5):
        step(next(iterator))
    waited, start = 0.0, time.perf_counter()
    for _ in range(steps):
        asked = time.perf_counter()
        batch = next(iterator)
        waited += time.perf_counter() - asked
        step(batch)["loss"].numpy()
    return waited / (time.perf_counter() - start)


def main() -> None:
    """Measure, print a table, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one turn")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--steps", type=int, default=200, help="training steps for the wait")
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(CORES)
    tf.config.threading.set_inter_op_parallelism_threads(CORES)

    print(runtime.machine())
    print(f"{'':14}{'size':>6}{'ours, images/s':>18}{'Keras':>12}{'ratio':>8}")
    ratios: dict[str, float] = {}
    for size in BATCHES:
        for case in CASES:
            ours = apply(source(size), parse(case.ours), seed=0, workers="auto")
            theirs = source(size).map(case.keras(size), num_parallel_calls=tf.data.AUTOTUNE)
            fast, slow = images_per_second([ours, theirs], options.seconds, options.rounds)
            ratio = fast / slow
            ratios[case.name] = min(ratio, ratios.get(case.name, ratio))
            print(f"{case.name:14}{size:6}{fast:18,.0f}{slow:12,.0f}{ratio:8.1f}", flush=True)
    fractions: dict[str, float] = {}
    for network in NETWORKS:
        for case in CASES:
            fraction = wait_fraction(network, case.ours, options.steps)
            fractions[network] = max(fraction, fractions.get(network, fraction))
            print(f"{case.name:14} {network} waits {fraction:.1%} of its time", flush=True)
    print(
        json.dumps(
            {
                "a2_both_ratio": round(ratios["A2 both"], 2),
                "randaugment_ratio": round(ratios["RandAugment"], 2),
                "input_wait_share": round(fractions[SMALL], 4),
            }
        )
    )


if __name__ == "__main__":
    main()
