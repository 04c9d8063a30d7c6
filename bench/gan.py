"""Training DCGANs, beside the loop of the tutorials.

Command: ``make bench-gan DATASET=cifar10 DATA_DIR=…``, or ``python -m bench.gan --help``.

Both sides train the same networks on the same images, batch and number of steps. The classic loop
is three `train_on_batch` and one `predict` a step in float32, one class after the other in one
process with TensorFlow's own choice of threads. Ours is `ganaug.train`: first for one class, in a
process that may use every core, in the precision that it chooses on this machine and, where that is
mixed bfloat16, in float32 as well; then for all classes, in as many single-threaded processes as
there are cores. Each part runs in a process of its own; starting it and importing Keras count on
neither side, but building and tracing do. Then our defaults train for the time that the classic
loop took, and the samples of both are judged by their KID to real images that neither saw. The last
line is JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from pipelines import runtime

PLAIN: dict[str, Any] = {
    "augment": "",
    "flip": False,
    "ema_half_life": 0,
    "lecam_weight": 0,
    "grid_every": 0,
    "dropout": 0.3,
}
"""What makes our training that of the tutorials."""
FLOAT32 = PLAIN | {"precision": "float32"}
SAMPLES = 300
GENERATOR_PASSES, DISCRIMINATOR_PASSES = 3, 6
"""What a step does, in forward passes of a batch: forward, and backward to inputs and weights; the
discriminator of real and of generated images."""


def classic(images: np.ndarray, steps: int, batch: int) -> tuple[Any, float]:
    """Train as the tutorials do; return the generator and the seconds."""
    import keras

    from ganaug.config import GanConfig
    from ganaug.networks.discriminators import build_discriminator
    from ganaug.networks.generator import build_generator

    start = time.perf_counter()
    config = GanConfig(**FLOAT32)  # Keras' own default, as in the tutorials
    size = images.shape[1]
    generator = build_generator(size, config)
    judge = build_discriminator(size, config)
    discriminator = keras.Model(judge.input[0], judge([judge.input[0]])[0])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(keras.optimizers.Adam(2e-4, 0.5), loss, jit_compile=False)
    latent = keras.Input([config.latent])
    discriminator.trainable = False
    both = keras.Model(latent, discriminator(generator(latent)))
    both.compile(keras.optimizers.Adam(2e-4, 0.5), loss, jit_compile=False)
    discriminator.trainable = True
    rng = np.random.default_rng(0)
    ones, zeros = np.ones([batch, 1], np.float32), np.zeros([batch, 1], np.float32)
    for _ in range(steps):
        real = images[rng.integers(0, len(images), batch)] / np.float32(127.5) - 1
        noise = rng.normal(size=[batch, config.latent]).astype(np.float32)
        fake = generator.predict(noise, verbose=0)
        discriminator.train_on_batch(real, ones)
        discriminator.train_on_batch(fake, zeros)
        both.train_on_batch(noise, ones)
    return generator, time.perf_counter() - start


def ours(images: np.ndarray, steps: int, batch: int, **settings: Any) -> tuple[Any, float]:
    """Train with `ganaug.train`; return the generator and the seconds."""
    import keras

    import ganaug
    from ganaug.config import GanConfig

    config = GanConfig(steps=steps, batch=batch, **settings)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        ganaug.train(images, config, Path(folder), class_name="any")
        seconds = time.perf_counter() - start
        return keras.models.load_model(Path(folder) / "generator.keras"), seconds


def compute_dtype() -> str:
    """Return the type of number that our trainings multiply on this machine."""
    from ganaug.config import GanConfig
    from ganaug.device import dtype_policy

    return dtype_policy(GanConfig(**PLAIN)).removeprefix("mixed_")


def peak_rate() -> float:
    """Return the floating-point operations a second of a matrix product, on all cores."""
    import tensorflow as tf

    side = 2048
    a = tf.cast(tf.random.normal([side, side]), compute_dtype())
    best = 0.0
    for _ in range(12):
        start = time.perf_counter()
        tf.linalg.matmul(a, a).numpy()
        best = max(best, 2 * side**3 / (time.perf_counter() - start))
    return best


def step_operations(size: int, batch: int) -> float:
    """Return the floating-point operations of one step: 2 for each multiply-add."""
    from classifiers.evaluation.cost import count_flops
    from ganaug.config import GanConfig
    from ganaug.networks.discriminators import build_discriminator
    from ganaug.networks.generator import build_generator

    config = GanConfig(**PLAIN)
    forward_g = count_flops(build_generator(size, config))
    forward_d = count_flops(build_discriminator(size, config))
    return batch * (GENERATOR_PASSES * forward_g + DISCRIMINATOR_PASSES * forward_d)


def part(options: argparse.Namespace) -> dict[str, Any]:
    """Do one part of the measurement in this process."""
    if options.part == "single-thread":
        runtime.prepare()
    else:
        runtime.quiet()
    import keras  # noqa: F401  - importing it counts on neither side

    if options.part == "peak":
        operations = step_operations(32, options.batch)
        return {"peak": peak_rate(), "operations": operations, "dtype": compute_dtype()}
    archive = np.load(options.images)
    images = archive[f"train_{options.label}"]
    if options.part == "classic":
        generator, seconds = classic(images, options.steps, options.batch)
    else:
        settings = {"defaults": {}, "float32": FLOAT32}.get(options.part, PLAIN)
        generator, seconds = ours(images, options.steps, options.batch, **settings)
    result = {
        "seconds": seconds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if options.judge:
        from ganaug.latent.sampling import draw_latents, generate
        from ganaug.quality.kid import kid
        from pipelines.synthetic.judges import open_judges

        (judge,) = open_judges("efficientnet_lite0", 96)
        samples = generate(generator, draw_latents(SAMPLES, generator.input_shape[1], [0]))
        result["kid"] = kid(judge(archive[f"unseen_{options.label}"]), judge(samples)).value
    return result


def run(name: str, images: Path, label: int, steps: int, batch: int, *, judge: bool = False) -> Any:
    """Run one part in a fresh process and return what it measured."""
    words = [
        sys.executable,
        "-m",
        "bench.gan",
        "--part",
        name,
        "--images",
        images,
        "--label",
        label,
    ]
    words += ["--steps", steps, "--batch", batch, *(["--judge"] if judge else [])]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def in_parallel(
    name: str, images: Path, classes: int, steps: int, batch: int, *, judge: bool = False
) -> list[Any]:
    """Run one part for every class, in as many processes as there are cores."""
    with ThreadPoolExecutor(runtime.cores()) as pool:
        return list(
            pool.map(
                lambda label: run(name, images, label, steps, batch, judge=judge), range(classes)
            )
        )


def seconds_on_all_cores(parts: list[Any]) -> float:
    """Return the time that the trainings took side by side, without starting their processes."""
    turns = -(-len(parts) // runtime.cores())
    return turns * float(np.mean([one["seconds"] for one in parts]))


def write_images(options: argparse.Namespace, path: Path) -> list[str]:
    """Put 50 images a class, and those that nobody sees, where every part finds them."""
    from pipelines.data.sources import load_source

    source = load_source(options.dataset, data_dir=options.data_dir)
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for label, name in enumerate(options.classes.split(",")):
        pool = source.train.relabelled([source.train.class_names.index(name)]).read().pixels
        order = rng.permutation(len(pool))
        arrays[f"train_{label}"], arrays[f"unseen_{label}"] = pool[order[:50]], pool[order[50:]]
    np.savez(path, **arrays)
    return list(options.classes.split(","))


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Run every part, print a table, and return the figures."""
    print(runtime.machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npz"
        names = write_images(options, path)
        labels, steps, batch = range(len(names)), options.steps, options.batch
        peak = run("peak", path, 0, steps, batch)
        old = [run("classic", path, label, steps, batch, judge=True) for label in labels]
        single = run("plain", path, 0, steps, batch)
        full = run("float32", path, 0, steps, batch) if peak["dtype"] != "float32" else single
        parallel = in_parallel("single-thread", path, len(names), steps, batch)
        # The machine's speed drifts over minutes, so its peak is taken before and after.
        rate = max(peak["peak"], run("peak", path, 0, steps, batch)["peak"])
        wall = seconds_on_all_cores(parallel)
        ratio = sum(one["seconds"] for one in old) / wall
        more = round(steps * ratio)
        better = in_parallel("defaults", path, len(names), more, batch, judge=True)
    rows = {
        "classic, one class": old[0],
        f"ours, one class, {peak['dtype']}": single,
        "ours, one class, float32": full,
        "ours, one class of all": parallel[0],
        f"our defaults, {more} steps": better[0],
    }
    print(f"{steps} steps of {batch} images; classes {', '.join(names)}")
    print(f"{'':28}{'seconds':>9}{'images/s':>10}{'peak MB':>9}")
    for name, row in rows.items():
        count = (more if "defaults" in name else steps) * batch
        seconds = row["seconds"]
        print(f"{name:28}{seconds:9.1f}{count / seconds:10,.0f}{row['megabytes']:9,.0f}")
    return {
        "one_class_ratio": round(old[0]["seconds"] / single["seconds"], 2),
        "all_classes_ratio": round(ratio, 2),
        "peak_fraction": round(len(names) * steps * peak["operations"] / wall / rate, 3),
        "kid_ours": round(float(np.mean([one["kid"] for one in better])), 4),
        "kid_classic": round(float(np.mean([one["kid"] for one in old])), 4),
    }


def main() -> None:
    """Measure; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dataset", nargs="?", default="auto")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--classes", default="airplane,cat")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--images", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--label", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--judge", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    print(json.dumps(part(options) if options.part else measure(options)))


if __name__ == "__main__":
    main()
