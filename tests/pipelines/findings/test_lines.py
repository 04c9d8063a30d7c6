import numpy as np

from pipelines.data.pool import in_memory
from pipelines.data.sources import Source
from pipelines.findings import lines
from pipelines.findings.lines import check_lines


def source_of(make_images, *, copies=0):
    images = make_images(12)
    where = np.r_[np.arange(len(images)), np.zeros(copies, int)]
    return Source("thin air", in_memory(images.select(where)), None)


def test_a_quick_look_names_copies(make_images):
    looked, *found = check_lines(source_of(make_images, copies=2))
    assert looked.endswith("blurred ones")
    assert any(line.startswith("identical pictures: 2 pairs: ") for line in found)


def test_of_many_pictures_only_what_is_known_is_said(make_images, monkeypatch):
    monkeypatch.setattr(lines, "MOST_QUICK", 5)
    (said,) = check_lines(source_of(make_images))
    assert said.endswith("they were not looked at one by one")
