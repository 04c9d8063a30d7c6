"""How the classifier of all images is trained, beside those that were tested."""

from dataclasses import replace

import pytest

from pipelines.comparison.handover import watched
from pipelines.data.pool import in_memory
from pipelines.data.sources import Source
from pipelines.recipes.data import DataConfig
from pipelines.recipes.recipe import Arm

SHARES = {"protocol": "shares", "shares": (60, 20, 20)}
OWN = {"protocol": "split", "own_validation": True}


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
