"""Classes that are put together before anything is drawn."""

import numpy as np
import pytest

from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.regrouped import regrouped
from pipelines.data.sources import Source
from pipelines.errors import InputError

NAMES = ("sea eagle", "golden eagle", "ox", "blue whale", "killer whale")


@pytest.fixture
def animals():
    pixels = np.random.default_rng(0).integers(0, 256, (15, 8, 8, 3), dtype=np.uint8)
    images = Images(pixels, np.arange(15) % 5, NAMES, "zoo")
    return Source("zoo", in_memory(images), in_memory(images.select(range(10))), own=True)


def test_groups_take_the_place_of_their_classes_in_every_split(animals):
    assert regrouped(animals, {}) is animals
    found = regrouped(animals, {"eagles": ["* eagle"], "whales": ["blue whale", "killer whale"]})
    assert found.train.class_names == ("eagles", "ox", "whales")
    assert found.train.labels.tolist() == [0, 0, 1, 2, 2] * 3
    assert found.test.counts().tolist() == [4, 2, 4]
    assert found.train.hashes() == animals.train.hashes()
    assert found.notes == ["5 classes were put together to 3"]


def test_a_pattern_that_fits_nothing_is_noted(animals):
    found = regrouped(animals, {"frogs": ["* frog"]})
    assert found.train.class_names == NAMES
    assert found.notes[-1] == "no class is called like * frog"


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            {"birds": ["see eagle"]},
            "class of zoo 'see eagle'; did you mean sea eagle or golden",
        ),
        ({"a": ["* eagle"], "b": ["sea *"]}, "class 'sea eagle' is in 'a' and 'b'; put it into"),
        ({"ox": ["* eagle"]}, "'ox' is a class that no group names; give another name"),
        ({"all": ["*"]}, "has one class, 'all'"),
    ],
)
def test_wrong_groups_are_one_line(animals, groups, message):
    with pytest.raises(InputError, match=message.replace("*", r"\*").replace("?", r"\?")):
        regrouped(animals, groups)
