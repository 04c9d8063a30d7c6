"""Instances as comparisons take them."""

import pytest

from pipelines.comparison.instances import draw_instances, open_source
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig


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
