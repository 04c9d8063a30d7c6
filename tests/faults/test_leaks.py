"""Copies on two sides of a split would be remembered, and pass for knowledge."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifiers.config import TrainConfig
from classifiers.frozen.linear import RidgeProbes, _grouped
from pipelines.comparison.instances import open_source, write_instance
from pipelines.comparison.parts import part_positions
from pipelines.data.images import Images
from pipelines.data.instances import Instance, further_images
from pipelines.data.labelled import same_group
from pipelines.data.protocols import make_instances
from pipelines.data.sources import Source
from pipelines.recipes.data import DataConfig
from pipelines.recipes.tuning import TuneConfig
from pipelines.training.arm import _parts, trained_on
from pipelines.tuning.folds import make_folds
from pipelines.workspace import TEST, TRAIN
from tests.faults.planted import plant, scene_of
from tests.faults.tally import Tally
from tests.pipelines.data.test_duplicates import scenes

Tries = Callable[[int, int], int]
PROTOCOLS: dict[str, dict[str, object]] = {
    "folds": {"folds": 3, "instances": 3},
    "draws": {"per_class": 12, "test_per_class": 8, "instances": 2},
    "split": {"instances": 1},
}


def straddling(some: list[int], others: list[int], where: str) -> Iterator[str]:
    """Yield a line for each scene on both sides; there must be something on each."""
    assert some, where
    assert others, where
    yield from (f"scene {one} on both sides of {where}" for one in {*some} & {*others})


def drawn(source: Source, protocol: str) -> list[Instance]:
    config = DataConfig.model_validate({"protocol": protocol, **PROTOCOLS[protocol]})
    return list(make_instances(source, config.design(source)))


def shown(pool: object) -> list[int]:
    return [scene_of(name) for name in pool.names]  # type: ignore[attr-defined]


def nearest(one: Instance) -> tuple[int, int]:
    """Return how many test images have the label of the training image most like them, and of how
    many: what remembers all that it has seen, and knows nothing."""
    train, test = one.train.read(32), one.test.read(32)

    def flat(images: Images) -> np.ndarray:
        rows = images.pixels.reshape(len(images), -1).astype(np.float64)
        rows = np.concatenate([rows, images.pixels[:, :, ::-1].reshape(len(images), -1)])
        rows = rows - rows.mean(axis=1, keepdims=True)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    alike = (flat(test)[: len(test)] @ flat(train).T).argmax(axis=1) % len(train)
    return int(np.sum(train.labels[alike] == test.labels)), len(test)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_scene_is_on_two_sides(
    protocol: str, tmp_path: Path, tally: Tally, tries: Tries
) -> None:
    """And whoever remembers all images is right about half of those that are tested."""
    failed: list[str] = []
    right = tested = rounds = 0
    for seed in range(tries(3, 60)):
        root = tmp_path / str(seed)
        plant(root, np.random.default_rng(seed), 42, splits=protocol == "split")
        source = open_source(DataConfig(source=str(root)))
        for one in drawn(source, protocol):
            failed += straddling(shown(one.train), shown(one.test), f"{protocol} {seed}")
            hits, count = nearest(one)
            right, tested, rounds = right + hits, tested + count, rounds + 1
    limit = 4 * np.sqrt(tested) / 2
    if abs(right - tested / 2) > limit:
        failed.append(f"{right} of {tested} right where labels mean nothing")
    tally.note(f"copies on two sides: {protocol}", rounds, failed, 0)


def test_no_scene_is_on_two_sides_of_what_watches(
    tmp_path: Path, tally: Tally, tries: Tries
) -> None:
    """Validation parts, folds of one training, those of a search, parts of a learning curve."""
    failed: list[str] = []
    rounds = tries(2, 40)
    for seed in range(rounds):
        root = tmp_path / str(seed)
        plant(root, np.random.default_rng(100 + seed), 42)
        source = open_source(DataConfig(source=str(root)))
        one = drawn(source, "folds")[0]
        train = one.train.read(32)
        scene = dict(zip(train.image_hashes(), shown(one.train), strict=True))

        def of(images: Images, scene: dict[str, int] = scene) -> list[int]:
            return [scene[image] for image in images.image_hashes()]

        for config in (TrainConfig(validation=0.25, seed=seed), TrainConfig(folds=3, seed=seed)):
            for part in _parts(config, train, None):
                assert part.left_out is not None
                failed += straddling(of(part.train), of(part.left_out), f"training {seed}")
        config = TrainConfig(validation=0.25, seed=seed)
        left = _parts(config, train, None)[0].left_out
        assert left is not None
        failed += straddling(of(trained_on(config, train)), of(left), f"copies {seed}")
        outputs = tmp_path / f"outputs-{seed}"
        tune = TuneConfig(folds=3, seed=seed)
        for fold in make_folds([write_instance(one, outputs, 32)], tune, outputs):
            folder = outputs / fold.at[32].folder
            kept, out = Images.load(folder / TRAIN), Images.load(folder / TEST)
            failed += straddling(of(kept), of(out), f"search {seed}")
        half = part_positions(train.labels, train.groups(), 0.5, seed)
        rest = np.setdiff1d(np.arange(len(train)), half)
        cut = {*of(train.select(half))} & {*of(train.select(rest))}
        if len(cut) > 2:  # where a class is full in the middle of a scene
            failed.append(f"{len(cut)} scenes in and out of a part {seed}")
    tally.note("copies on two sides: what watches a training", rounds, failed, 100)


def test_further_images_show_no_scene_of_an_instance(tmp_path: Path, tally: Tally) -> None:
    """They are trained on: `mix.origin = "extra_real"`."""
    plant(tmp_path / "own", np.random.default_rng(7), 60)
    source = open_source(DataConfig(source=str(tmp_path / "own")))
    config = DataConfig(protocol="draws", per_class=8, test_per_class=8, instances=3)
    failed: list[str] = []
    for one in make_instances(source, config.design(source)):
        more = further_images(source, one, 4)
        failed += straddling(shown(more), shown(one.test), "further images")
    tally.note("copies on two sides: further images", 3, failed, 7)


@pytest.mark.parametrize("by", ["parent", r"(\d+)-"])
def test_no_group_is_on_two_sides(by: str, tmp_path: Path, tally: Tally, tries: Tries) -> None:
    """Pictures of one patient have nothing else in common than what the user says."""
    failed: list[str] = []
    rounds = tries(2, 40)
    for seed in range(rounds):
        rng = np.random.default_rng(seed)
        root = tmp_path / str(seed)
        for number, picture in enumerate(scenes(90, 64, seed)):
            patient = int(rng.integers(20))
            path = root / "ab"[number % 2] / f"{patient:03d}" / f"{patient:03d}-{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
        # Two patients share a picture: then they are one, however they are called.
        shared = sorted(root.glob("*/000/*.png"))[0]
        twin = root / "b" / "001"
        twin.mkdir(parents=True, exist_ok=True)
        (twin / "001-999.png").write_bytes(shared.read_bytes())
        source = open_source(DataConfig(source=str(root), group_by=by))
        for protocol in ("folds", "draws"):
            for one in drawn(source, protocol):
                some, others = (
                    [max(patient, 1) for patient in shown(pool)] for pool in (one.train, one.test)
                )
                failed += straddling(some, others, f"{protocol} {seed} by {by}")
    tally.note(f"groups on two sides: {by}", rounds, failed, 0)


def test_a_probe_is_judged_by_no_copy_of_what_it_was_fitted_to(tally: Tally) -> None:
    """Of copies with labels that mean nothing, leave-one-out would be right about all."""
    rng = np.random.default_rng(0)
    features = np.repeat(rng.normal(size=(60, 200)), 2, axis=0) + rng.normal(0, 0.01, (120, 200))
    labels = np.repeat(rng.permutation(np.arange(60) % 2), 2)
    groups = np.repeat(np.arange(60), 2)
    alone = RidgeProbes(features, labels, 2).leave_one_out(1 / 64).argmax(axis=1)
    apart = RidgeProbes(features, labels, 2, groups).leave_one_out(1 / 64).argmax(axis=1)
    assert np.mean(alone == labels) > 0.95
    failed = [] if np.mean(apart == labels) < 0.7 else [f"right about {np.mean(apart == labels)}"]
    for kept, out in _grouped(labels, groups, 5):
        failed += straddling(groups[kept].tolist(), groups[out].tolist(), "a probe's folds")
    # It is what fits without the group say.
    for own in ([0, 1], [40, 41]):
        rest = np.setdiff1d(np.arange(120), own)
        one = RidgeProbes(features, labels, 2, groups)
        targets = 2.0 * np.eye(2)[labels] - 1
        x = one._x
        mean, bias = x[rest].mean(axis=0), targets[rest].mean(axis=0)
        gram = (x[rest] - mean) @ (x[rest] - mean).T + np.eye(118) * 120 / 64
        dual = np.linalg.solve(gram, targets[rest] - bias)
        said = (x[own] - mean) @ (x[rest] - mean).T @ dual + bias
        np.testing.assert_allclose(one.leave_one_out(1 / 64)[own], said, atol=1e-6)
    tally.note("copies on two sides: a probe's own choice", 1, failed, 0)


def test_identical_ones_join_the_groups_they_are_in() -> None:
    assert same_group(np.array([0, 1, 0]), np.array([5, 5, 6])).tolist() == [0, 0, 0]
