"""Near duplicates in a person's own data set stay on one side of whatever is split."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.data import relations
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.protocols import make_instances
from pipelines.data.relations import related
from pipelines.data.sources import Source
from pipelines.recipes.data import DataConfig
from tests.pipelines.data.test_duplicates import CHANGES, again, scenes


def bursts(scene_count: int = 24) -> tuple[Images, np.ndarray]:
    """Return scenes of two classes, each photographed twice, and the number of each scene."""
    first = scenes(scene_count)
    second = np.stack([again(one, *CHANGES[at % len(CHANGES)]) for at, one in enumerate(first)])
    labels = np.tile(np.arange(scene_count) % 2, 2)
    order = np.argsort(labels, kind="stable")
    number = np.tile(np.arange(scene_count), 2)[order]
    images = Images(np.concatenate([first, second])[order], labels[order], ("a", "b"), "mine")
    return images, number


def own(images: Images, test: Images | None = None) -> Source:
    return Source("mine", in_memory(images), None if test is None else in_memory(test), own=True)


@pytest.mark.parametrize("protocol", ["folds", "draws", "split"])
def test_a_scene_is_on_one_side(protocol):
    images, number = bursts()
    if protocol == "split":
        source = own(images.select(np.arange(48) % 3 > 0), images.select(np.arange(48) % 3 == 0))
    else:
        source = own(images)
    scene = dict(zip(images.image_hashes(), number.tolist(), strict=True))
    near = related(source)
    assert near.notes[-1] == "24 near duplicates of other images, kept on one side"
    asked = {"per_class": 8, "test_per_class": 6} if protocol == "draws" else {}
    config = DataConfig(protocol=protocol, instances=2, **asked)
    for one in make_instances(near, config.design(near)):
        train = {scene[image] for image in one.train.hashes()}
        test = {scene[image] for image in one.test.hashes()}
        assert train
        assert test
        assert not train & test


def test_data_sets_with_a_name_stay_as_their_makers_split_them():
    images, _ = bursts()
    source = replace(own(images), own=False)
    assert related(source) is source


def test_pictures_that_are_all_different_stay_as_they_are():
    source = own(bursts()[0].select(np.arange(0, 48, 2)))
    assert related(own(Images(scenes(20), np.arange(20) % 2, ("a", "b"), "mine"))).notes == []
    assert source.train.together is None


def test_too_many_are_not_compared(monkeypatch):
    monkeypatch.setattr(relations, "MOST_COMPARED", 10)
    found = related(own(bursts()[0]))
    assert found.train.together is None
    assert found.notes == ["near duplicates were not looked for: 48 images are more than 10"]
