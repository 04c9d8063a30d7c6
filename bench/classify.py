"""Many small trainings, beside what one would write: build, compile and fit, split after split.

Command: ``make bench-classify DATASET=cifar10 DATA_DIR=…``, or ``python -m bench.classify --help``.

1. Study P's protocol P9, real images only: 100 training images a split, 45 epochs of Adam, tested
   after 7, 15, 30 and 45. The naive loop runs in one process with Keras' and TensorFlow's defaults.
   Ours is what `ganaug classify` runs: tasks in single-threaded processes, and every classifier is
   saved. Starting processes and importing TensorFlow count on both sides.
2. Linear heads on a frozen EfficientNet-Lite0, one after the other: `fit()` of a new model through
   the backbone, against `fit_head` on its cached features, the model that it puts the head into
   included: the same head, batch, optimiser and number of epochs. The features are computed once
   for all heads; that time is printed apart and not in the ratio.
3. Memory: many trainings of one epoch each through the same pool; the growth is that of the
   largest sum over all processes, from the first half of the time to the second.

The last line is JSON.
"""

import argparse
import json
import math
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from classifiers.config import TrainConfig
from pipelines import runtime
from pipelines.comparison.instances import Drawn, draw_instances, open_source
from pipelines.comparison.plan import plan_trainings
from pipelines.comparison.sizes import GENERATED
from pipelines.data.images import Images
from pipelines.recipes.data import DataConfig
from pipelines.recipes.recipe import Arm, Recipe, load_recipe
from pipelines.tasks.executor import Executor
from pipelines.tasks.train import TrainTask

CHECKPOINTS = (7, 15, 30, 45)
PROBE_SIZE = 160
BATCH = 32
HEADS = 5


def isolated(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(function, *arguments).result()


def load(folder: Path) -> tuple[Images, Images]:
    """Read the training and the test images of an instance."""
    return Images.load(folder / "train.npz"), Images.load(folder / "test.npz")


def naive(folders: Sequence[Path]) -> list[float]:
    """Train as a notebook would; return final test accuracies."""
    runtime.quiet()
    import keras

    from classifiers import build_model

    accuracies = []
    for seed, folder in enumerate(folders):
        train, test = load(folder)
        keras.utils.set_random_seed(seed)
        model = build_model("pereira_small", (*train.size, 3), len(train.class_names))
        model.compile(
            optimizer="adam",
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        done = 0
        for epochs in CHECKPOINTS:
            images = train.pixels / 255.0
            model.fit(images, train.labels, epochs=epochs, initial_epoch=done, verbose=0)
            _, accuracy = model.evaluate(test.pixels / 255.0, test.labels, verbose=0)
            done = epochs
        accuracies.append(float(accuracy))
    return accuracies


def ours(
    recipe: Recipe, drawn: Sequence[Drawn], outputs: Path, workers: int
) -> tuple[float, list[float]]:
    """Train the same splits as `ganaug classify` does."""
    tasks = [one.task for one in plan_trainings(recipe, drawn, None, {"real": GENERATED})]
    start = time.perf_counter()
    with Executor(outputs, workers) as executor:
        results = executor.run(tasks, "ours")
    return time.perf_counter() - start, [result.scores.accuracy for result in results]


def probes(folder: Path, epochs: int) -> tuple[float, float, float]:
    """Return the seconds of heads through the backbone, of their features, of heads on them."""
    runtime.quiet()
    import keras

    from classifiers import FeatureExtractor, fit_head
    from classifiers.frozen.head import head_features

    train, _ = load(folder)
    classes = len(train.class_names)
    laps = [time.perf_counter()]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for seed in range(HEADS):
        keras.utils.set_random_seed(seed)
        model = FeatureExtractor("efficientnet_lite0", PROBE_SIZE).model((*train.size, 3), classes)
        model.compile(optimizer="adam", loss=loss)
        model.fit(train.pixels / np.float32(255), train.labels, BATCH, epochs=epochs, verbose=0)
    laps.append(time.perf_counter())
    config = TrainConfig(
        model="efficientnet_lite0",
        model_params={"size": PROBE_SIZE},
        optimizer="adam",
        learning_rate=0.001,
        weight_decay=0,
        batch=BATCH,
        epochs=epochs,
        frozen_epochs=epochs,
    )
    head_features(config, None)(train.pixels)
    laps.append(time.perf_counter())
    for seed in range(HEADS):
        own = config.model_copy(update={"seed": seed})
        fit_head(train.pixels, train.labels, own, classes=classes)
    laps.append(time.perf_counter())
    through, computing, on_features = np.diff(laps).tolist()
    return through, computing, on_features


def rss_growth(instance: Drawn, outputs: Path, trainings: int, workers: int) -> float:
    """Return by how many MB all processes together grew over so many trainings."""
    tasks = [
        TrainTask(
            name=f"memory-{seed}",
            instance=instance.at[GENERATED].folder,
            arm=Arm(train=TrainConfig(model="pereira_small", epochs=1, batch=32, seed=seed)),
            bank=None,
        )
        for seed in range(trainings)
    ]
    samples: list[float] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.5):
            samples.append(_resident_mb())

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        with Executor(outputs, workers) as executor:
            executor.run(tasks, "memory")
    finally:
        done.set()
        watcher.join()
    half = len(samples) // 2
    return max(samples[half:]) - max(samples[:half])


def _resident_mb() -> float:
    here = psutil.Process()
    total = 0
    for process in (here, *here.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # ended since it was listed
    return total / 2**20


def main() -> None:
    """Measure, say what was found, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dataset", nargs="?", default="mnist5k")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--splits", type=int, default=50)
    parser.add_argument("--trainings", type=int, default=500, help="for memory; 0: leave it out")
    parser.add_argument("--probe-epochs", type=int, default=45)
    parser.add_argument("--workers", type=int, default=runtime.cores())
    options = parser.parse_args()
    print(runtime.machine())
    data = DataConfig(source=options.dataset, data_dir=options.data_dir, instances=options.splits)
    recipe = load_recipe("pereira-p9")
    recipe = recipe.model_copy(update={"data": data, "arms": {"real": {}}})
    assert recipe.train.evaluate_at == CHECKPOINTS
    with tempfile.TemporaryDirectory() as name:
        outputs = Path(name)
        drawn = draw_instances(open_source(data), data, outputs, [GENERATED])
        folders = [outputs / one.at[GENERATED].folder for one in drawn]
        start = time.perf_counter()
        theirs = isolated(naive, folders)
        slow = time.perf_counter() - start
        fast, mine = ours(recipe, drawn, outputs, options.workers)
        for who, seconds, found in (("naive", slow, theirs), ("ours", fast, mine)):
            error = statistics.stdev(found) / math.sqrt(len(found)) if len(found) > 1 else math.nan
            mean = statistics.mean(found)
            print(f"{who:6} {seconds:7.1f} s, accuracy {mean:.3f}, standard error {error:.3f}")
        through, computing, head = isolated(probes, folders[0], options.probe_epochs)
        print(
            f"heads  {through:7.1f} s through the backbone; {head:.1f} s on its features, which "
            f"took {computing:.1f} s once"
        )
        growth = None
        if options.trainings:
            growth = round(rss_growth(drawn[0], outputs, options.trainings, options.workers), 1)
    print(
        json.dumps(
            {
                "p9_ratio": round(slow / fast, 2),
                "p9_accuracy_ours": round(statistics.mean(mine), 4),
                "p9_accuracy_naive": round(statistics.mean(theirs), 4),
                "probe_ratio": round(through / head, 1),
                "rss_growth_mb": growth,
            }
        )
    )


if __name__ == "__main__":
    main()
