"""A finished comparison made of thin air, with the shapes and sizes of a real one."""

import itertools
from pathlib import Path

import numpy as np

from classifiers import evaluate
from ganaug.grids import image_grid, save_picture
from groundwork.files import write_json
from pipelines.comparison.results import ComparisonResult, GanRun, PartRun, TrainRun
from pipelines.data.images import Images
from pipelines.data.instances import InstanceRecord
from pipelines.tasks.predictions import write_predictions
from pipelines.tasks.results import GanTaskResult, TrainTaskResult
from pipelines.workspace import CONFIG, TEST

ARMS = ["real", "real + synthetic", "real + flip, shift"]
GAINS = {"real": 0.0, "real + synthetic": 0.012, "real + flip, shift": 0.055}
SETTINGS = {
    "real + synthetic": {"mix": {"strategy": "fraction"}},
    "real + copies": {"mix": {"strategy": "fraction", "origin": "copies"}},
    "real + flip, shift": {"augment": "flip|shift(4)"},
}
LOSSES = {0.25: 0.21, 0.5: 0.09}
"""Of accuracy, on parts of the images."""
DRAWS = [["airplane", "cat"], ["frog", "ship"], ["cat", "truck"]]
CHECKPOINTS = (7, 15, 30, 45)
PUBLISHED = {
    "real": {"7": ".66±.02", "15": ".79±.04", "final": ".81"},
    "real + synthetic": {"7": ".72±.03", "15": ".74±.03", "final": ".74"},
}


def make_comparison(
    outputs: Path,
    *,
    instances: int = 3,
    arms: list[str] = ARMS,
    draws: list[list[str]] = DRAWS,
    pictures: bool = True,
    seeds: int = 1,
) -> ComparisonResult:
    """Return a comparison and draw its generators' pictures under ``outputs``."""
    rng = np.random.default_rng(0)
    drawn = [draws[index % len(draws)] for index in range(instances)]
    gans = [
        _generator(rng, index, name, outputs if pictures else None)
        for index, names in enumerate(drawn)
        for name in names
    ]
    trainings = []
    for index, names in enumerate(drawn):
        level = rng.normal(0.74, 0.05)
        for arm, seed in itertools.product(arms, range(seeds)):
            accuracy = level + GAINS.get(arm, 0.0) + rng.normal(0, 0.012)
            run = _training(rng, index, arm, names, accuracy)
            update = {"seed": seed, "folder": Path(f"{run.folder}-{seed}")} if seed else {}
            trainings.append(run.model_copy(update=update))
    return ComparisonResult(
        name="demo",
        title="Do synthetic images help?",
        command="ganaug classify cifar10 --recipe pereira-p9 --instances 3",
        machine="Some processor, 2 cores; Python 3.11.9, TensorFlow 2.21.0, Keras 3.15.1",
        source="CIFAR-10 (part)",
        seconds={"data": 1.9, "generators": 614.2, "classifiers": 95.7},
        recipe={
            "data": {"source": "cifar10", "classes": "2", "per_class": 50, "data_dir": None},
            "train": {"model": "pereira_small", "epochs": 45, "evaluate_at": [7, 15, 30]},
            "arms": {name: SETTINGS.get(name, {}) for name in arms},
        },
        published=PUBLISHED,
        instances=[
            InstanceRecord(
                seed=index,
                classes=names,
                train_images=50 * len(names),
                test_images=200 * len(names),
                notes=["200 test images a class instead of 350: the source has no more"],
            )
            for index, names in enumerate(drawn)
        ],
        arms=arms,
        gans=gans,
        trainings=trainings,
    )


def with_parts(comparison: ComparisonResult, arms: list[str]) -> ComparisonResult:
    """Return the comparison with trainings of some arms on parts of their images."""
    rng = np.random.default_rng(1)
    parts = []
    for run in comparison.trainings:
        if run.arm not in arms:
            continue
        names = comparison.instances[run.instance].classes
        for fraction, loss in LOSSES.items():
            accuracy = run.result.scores.accuracy - loss + rng.normal(0, 0.01)
            part = _training(rng, run.instance, run.arm, names, accuracy)
            parts.append(
                PartRun(
                    instance=run.instance,
                    folder=Path(f"{run.folder}-{fraction}"),
                    arm=run.arm,
                    seed=run.seed,
                    result=part.result,
                    fraction=fraction,
                    per_class=50 * fraction,
                )
            )
    return comparison.model_copy(update={"parts": parts})


def keep_answers(
    comparison: ComparisonResult, outputs: Path, *, tested: str = "own", images: bool = False
) -> None:
    """Write what every training of a comparison answered to made-up test images.

    ``tested`` is `own` images of each instance, or the `same` in all of them; with ``images`` they
    are kept as an instance is, and the trainings say so.
    """
    for run in comparison.trainings:
        confusion = np.array(run.result.scores.confusion)
        classes = range(len(confusion))
        labels = np.repeat(classes, confusion.sum(axis=1))
        predicted = np.concatenate([np.repeat(classes, row) for row in confusion])
        rng = np.random.default_rng(0 if tested == "same" else run.instance)
        pixels = rng.integers(0, 256, (len(labels), 8, 8, 3), dtype=np.uint8)
        names = tuple(one.name for one in run.result.scores.per_class)
        test = Images(pixels, labels, names, "thin air")
        sure = 0.98 * np.eye(len(classes))[predicted] + 0.02 / len(classes)
        write_predictions(outputs / run.folder, sure, test)
        if images:
            instance = f"instance/made-{run.instance}"
            if not (outputs / instance / TEST).is_file():
                test.save(outputs / instance / TEST)
            write_json(outputs / run.folder / CONFIG, {"instance": instance})


def _training(
    rng: np.random.Generator, instance: int, arm: str, names: list[str], accuracy: float
) -> TrainRun:
    total, classes = 200, len(names)
    confusion = np.full((classes, classes), round(total * (1 - accuracy) / max(1, classes - 1)))
    np.fill_diagonal(confusion, 0)
    np.fill_diagonal(confusion, total - confusion.sum(1))
    labels = np.repeat(np.arange(classes), total)
    predicted = np.concatenate([np.repeat(np.arange(classes), row) for row in confusion])
    scores = evaluate(0.8 * np.eye(classes)[predicted] + 0.2 / classes, labels, names)
    epochs = np.arange(1, 46)
    rise = 1 - np.exp(-epochs / 12)
    noise = rng.normal(0, 0.01, len(epochs))
    behind = 0.13 * np.exp(-np.array(CHECKPOINTS[:-1]) / 10) + rng.normal(0, 0.01, 3)
    at = {e: round(float(accuracy - b), 4) for e, b in zip(CHECKPOINTS, behind, strict=False)}
    return TrainRun(
        instance=instance,
        folder=Path(f"train/{arm}-{instance}"),
        arm=arm,
        result=TrainTaskResult(
            scores=scores,
            accuracy_at=at | {CHECKPOINTS[-1]: scores.accuracy},
            history={
                "loss": list(0.69 * np.exp(-epochs / 15) + abs(noise)),
                "accuracy": list(np.clip(0.55 + 0.44 * rise + noise, 0, 1)),
            },
            train_images=2100 if arm == "real + synthetic" else 100,
            steps=765 if arm == "real + synthetic" else 90,
            effort=1,
            seconds=11.3 if arm == "real + synthetic" else 4.2,
        ),
    )


def _generator(rng: np.random.Generator, instance: int, name: str, outputs: Path | None) -> GanRun:
    folder = Path(f"gan/{name}-{instance}")
    steps = np.arange(50, 2001, 50)
    noise = rng.normal(0, 0.05, (4, len(steps)))
    if outputs:
        _draw(rng, outputs / folder)
    curves = {
        "d_loss": 1.3 - 0.3 * steps / 2000 + noise[0],
        "g_loss": 0.8 + 0.9 * steps / 2000 + noise[1],
        "d_real": 0.2 + 1.1 * steps / 2000 + noise[2],
        "d_fake": -0.2 - 1.0 * steps / 2000 + noise[3],
    }
    return GanRun(
        instance=instance,
        folder=folder,
        result=GanTaskResult(
            class_name=name,
            images=50,
            steps=2000,
            kept_step=1750,
            restarts=1,
            warnings=["step 1900: all samples are equal"],
            history={"step": list(map(float, steps))} | {k: list(v) for k, v in curves.items()},
            effort=1,
            seconds=102.4,
        ),
    )


def _draw(rng: np.random.Generator, folder: Path) -> None:
    """Draw grids that sharpen from grey to coloured blobs, as a generator's do."""
    y, x = np.mgrid[0:32, 0:32] / 31
    colors, centres = rng.uniform(0, 255, (60, 2, 3)), rng.uniform(0.2, 0.8, (60, 2))
    width = rng.uniform(0.02, 0.1, (60, 1, 1))
    distance = (x - centres[:, :1, None]) ** 2 + (y - centres[:, 1:, None]) ** 2
    blob = np.exp(-distance / width)[..., None]
    sharp = colors[:, None, None, 0] * blob + colors[:, None, None, 1] * (1 - blob)
    grain = rng.normal(0, 12, sharp.shape)
    for step in (250, 500, 1000, 1500, 2000):
        fraction = np.ones((60, 1, 1, 1))
        fraction[10:] = step / 2000
        images = np.clip(fraction * sharp + (1 - fraction) * 128 + grain, 0, 250).astype(np.uint8)
        picture = image_grid(images, 10, header=1)
        save_picture(picture, folder / "grids" / f"step-{step:05d}.png")
    save_picture(picture, folder / "grid.png")
