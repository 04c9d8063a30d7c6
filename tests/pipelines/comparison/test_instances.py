"""Instances as comparisons take them."""

from dataclasses import replace

import pytest

from pipelines.comparison.instances import draw_instances, open_source, write_at
from pipelines.data.images import Images
from pipelines.data.instances import Instance
from pipelines.data.pool import in_memory
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from pipelines.workspace import VALID


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"protocol": "whole"}, "no image is left to test on: data.protocol 'whole' is for gen"),
        ({"test_per_class": 0}, "no image is left to test on: data.test_per_class is 0"),
        ({"classes": "cat"}, "one class asked for, 'cat': a classifier tells two or more apart"),
    ],
)
def test_what_cannot_be_tested_is_refused_before_anything_trains(
    image_folder, tmp_path, asked, message
):
    data = DataConfig(source=str(image_folder), instances=1, per_class=2, **asked)
    source = open_source(data)
    with pytest.raises(InputError, match=message):
        draw_instances(source, data, tmp_path, [32])
    (drawn,) = draw_instances(source, data, tmp_path, [32], tested=False)  # generators may
    assert drawn.record.train_images


def test_validation_images_lie_beside_the_others_and_name_the_folder(make_images, tmp_path):
    train, test, valid = (in_memory(make_images(4, seed=seed)) for seed in range(3))
    plain = Instance(train, test, 0, train.class_names, ())
    watched = replace(plain, valid=valid)
    without, with_them = (write_at(one, tmp_path, 32).folder for one in (plain, watched))
    assert without != with_them
    assert not (tmp_path / without / VALID).exists()
    assert Images.load(tmp_path / with_them / VALID).digest() == valid.read(32).digest()
