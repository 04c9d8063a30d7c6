"""Which images a comparison within a time is of, and how its classifier is trained on all."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.comparison.handover import final_data, of_some_classes, watched
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.protocols import make_instances
from pipelines.data.sources import Source
from pipelines.recipes.data import DataConfig
from pipelines.recipes.recipe import Arm

SHARES = {"protocol": "shares", "shares": (60, 20, 20)}
OWN = {"protocol": "split", "own_validation": True}
NAMES = ("a", "b, c", "d", "e", "f")


@pytest.fixture
def source() -> Source:
    """A data set with a name: 9 pictures of each of five classes, 6 of the second."""
    labels = np.repeat(np.arange(5), [9, 6, 9, 9, 9])
    pixels = np.random.default_rng(0).integers(0, 256, (len(labels), 8, 8, 3), dtype=np.uint8)
    return Source("noise", in_memory(Images(pixels, labels, NAMES, "noise")), None, own=False)


def test_every_instance_has_the_classes_that_the_classifier_tells_apart(source):
    asked = DataConfig(per_class=3, test_per_class=2, instances=6).filled(source)
    anew = list(make_instances(source, asked.design(source)))
    assert len({one.classes for one in anew}) > 1
    data = of_some_classes(asked, source)
    drawn = list(make_instances(source, data.design(source)))
    (final,) = make_instances(source, final_data(data, source).design(source), tested=False)
    assert {one.classes for one in drawn} == {final.classes} == {anew[0].classes}
    assert drawn[0].train.hashes() == anew[0].train.hashes()
    assert of_some_classes(data, source) == data
    folds = asked.model_copy(update={"protocol": "folds"})
    assert of_some_classes(folds, source) == folds


def test_of_a_class_with_fewer_images_than_asked_for_as_many_are_trained_on(source):
    """Instances are tested on fewer then, which a note says; the training is no error."""
    asked = {"per_class": 4, "test_per_class": 4, "classes": 'a,"b, c"', "instances": 1}
    data = DataConfig(**asked).filled(source)
    (one,) = make_instances(source, data.design(source))
    assert one.test.counts().tolist() == [4, 2]
    (final,) = make_instances(source, final_data(data, source).design(source), tested=False)
    assert final.train.counts().tolist() == [6, 6]


@pytest.mark.parametrize(
    ("train", "data", "fraction"),
    [
        ({"patience": 3}, SHARES, 0.25),
        ({"schedule": "plateau"}, OWN, 1 / 3),
        ({"patience": 3}, {"protocol": "split"}, 0),
        ({"patience": 3}, {"protocol": "folds"}, 0),
        ({"patience": 3, "validation": 0.1}, {"protocol": "folds"}, 0.1),
        ({"patience": 3, "folds": 2}, SHARES, 0),
        ({}, SHARES, 0),
    ],
)
def test_it_stops_by_validation_images_if_it_was_tested_so(make_images, train, data, fraction):
    source = Source("own", in_memory(make_images(10)), in_memory(make_images(3, seed=1)), own=True)
    source = replace(source, valid=in_memory(make_images(5, seed=2)))
    own = watched(Arm.model_validate({"train": train}), DataConfig.model_validate(data), source)
    assert own.train.validation == pytest.approx(fraction)
    same = {"validation": 0.0}
    asked = Arm.model_validate({"train": train}).train
    assert own.train.model_copy(update=same) == asked.model_copy(update=same)
