"""Instances on disk: what their names and digests stand for."""

import numpy as np

from pipelines.comparison.instances import draw_instances
from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.reader import USUAL, Preparation
from pipelines.data.sources import Source
from pipelines.recipes.data import DataConfig


def noise(names: tuple[str, ...]) -> Images:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    return Images(pixels, np.repeat(np.arange(3), 20), names, "noise")


def drawn(images: Images, outputs, how=USUAL, **settings):
    data = DataConfig(protocol="draws", per_class=8, test_per_class=4, instances=1, **settings)
    return draw_instances(Source("noise", in_memory(images, how), None), data, outputs, [32])[0]


def test_a_class_is_the_same_beside_any_other(tmp_path):
    """So that its generator is trained once."""
    images = noise(("cat", "dog", "horse"))
    first, second = (drawn(images, tmp_path, classes=f"dog,{one}") for one in ("cat", "horse"))
    assert first.at[32].class_digests[1] == second.at[32].class_digests[0]
    assert len({*first.at[32].class_digests, *second.at[32].class_digests}) == 3
    renamed = drawn(noise(("cat", "hound", "horse")), tmp_path, classes="cat,hound")
    assert renamed.at[32].class_digests[1] != first.at[32].class_digests[1]


def test_how_pictures_were_prepared_is_part_of_an_instance(tmp_path):
    """Equal squares are cropped and padded alike; what is predicted later may be no square."""
    images = noise(("cat", "dog", "horse"))
    folders = [
        drawn(images, tmp_path, how).at[32].folder
        for how in (USUAL, Preparation(fit="pad"), Preparation(centred=True))
    ]
    assert len(set(folders)) == 3
