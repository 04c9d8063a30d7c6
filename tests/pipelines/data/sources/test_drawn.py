"""The drawn pictures: as many as the study has, each its own, the same in every run."""

import numpy as np

from pipelines.data.sources import load_source
from pipelines.data.sources.drawn import CLASSES, PICTURES, SHAPES, draw, kinds


def test_classes_are_as_unequal_as_the_study_s():
    source = load_source("shapes151")
    counts = source.train.counts()
    assert (len(counts), counts.sum()) == (CLASSES, PICTURES) == (151, 6270)
    assert (counts.min(), counts.max()) == (26, 60)
    assert len(set(source.train.class_names)) == CLASSES
    assert len(set(source.train.hashes())) == PICTURES
    assert "drawn by ganaug, no photographs" in source.found()
    assert {kind.shape for kind in kinds()} == SHAPES.keys()


def test_a_picture_is_a_function_of_its_number_and_shows_the_same_at_every_size():
    pool = load_source("shapes151").train
    few = pool.select([5, 4000])
    small, large = few.read(32).pixels, few.read(96).pixels
    assert (small == load_source("shapes151").train.select([5, 4000]).read(32).pixels).all()
    assert (pool.select([4000]).read(32).pixels[0] == small[1]).all()
    shrunk = large.astype(float).reshape(2, 32, 3, 32, 3, 3).mean((2, 4))
    for at in range(2):
        assert np.corrcoef(shrunk[at].ravel(), small[at].ravel())[0, 1] > 0.75
    assert not (small[0] == small[1]).all()


def test_pictures_of_a_class_differ_and_have_its_colour():
    kind = next(kind for kind in kinds() if (kind.colour, kind.shape) == ("red", "disc"))
    pictures = np.stack([draw(kind, number, 48) for number in range(40)]).astype(float)
    assert len({picture.tobytes() for picture in pictures}) == 40
    red, green, blue = pictures[:, 16:32, 16:32].mean((0, 1, 2))
    assert red > 1.2 * max(green, blue)
