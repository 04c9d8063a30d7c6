import numpy as np
import pytest

from pipelines.report.unequal import MOST, unequal
from tests.made_comparison import make_comparison


def test_classes_stand_in_the_order_of_their_images(plain):
    found = unequal(plain, "real")
    assert found.classes == 5
    assert found.shown[0].name == "cat"  # two of the three instances drew it
    assert found.shown[0].fraction == pytest.approx(1 / 3)
    assert sum(one.fraction for one in found.shown) == pytest.approx(1)
    runs = [run.result.scores.per_class for run in plain.trainings if run.arm == "real"]
    recalls = [one.recall for scores in runs for one in scores if one.name == "cat"]
    assert found.shown[0].recall == pytest.approx(np.mean(recalls))
    assert "33.3 % (cat)" in found.chart


def test_of_many_classes_the_largest_and_the_smallest_are_shown(tmp_path):
    names = [f"class {number:02}" for number in range(MOST + 7)]
    made = make_comparison(tmp_path, instances=1, draws=[names], pictures=False)
    found = unequal(made, "real")
    assert (len(found.shown), found.classes) == (MOST, MOST + 7)
    assert [found.shown[0].name, found.shown[-1].name] == ["class 00", names[-1]]
