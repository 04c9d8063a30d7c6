import numpy as np
import pytest

from pipelines.report.classes import arm_runs, class_means, confusion
from tests.made_comparison import make_comparison


def test_confusions_are_summed_by_class_name(plain):
    runs = [run.result for run in plain.trainings if run.arm == "real"]
    summed = confusion(runs)
    assert summed.names == ["airplane", "cat", "frog", "ship", "truck"]
    first, last = runs[0].scores.confusion, runs[2].scores.confusion
    airplane, cat = summed.rows[0], summed.rows[1]
    assert [cell.count for cell in airplane] == [*first[0], None, None, None]
    assert cat[1].count == first[1][1] + last[0][0]
    assert cat[1].fraction == pytest.approx(cat[1].count / 400)
    total = sum(cell.count or 0 for row in summed.rows for cell in row)
    assert total == sum(np.sum(run.scores.confusion) for run in runs)


def test_class_scores_are_means_over_the_instances_that_have_the_class(plain):
    runs = arm_runs(plain, "real")
    cat = next(one for one in class_means(runs) if one.name == "cat")
    first, last = runs[0].result.scores, runs[2].result.scores
    expected = np.mean([first.per_class[1].recall, last.per_class[0].recall])
    assert (cat.instances, cat.recall) == (2, pytest.approx(expected))


def test_an_instance_with_several_seeds_is_one_instance(tmp_path):
    twice = make_comparison(tmp_path, pictures=False, seeds=2)
    cat = next(one for one in class_means(arm_runs(twice, "real")) if one.name == "cat")
    assert cat.instances == 2
